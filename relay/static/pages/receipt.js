// The receipt's times are in the reader's zone: it is named, for who gets the receipt has another.

"use strict";

for (const place of document.querySelectorAll("[data-zone]")) {
  place.textContent = `\nTimes are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
}
