// The receipt's times are in the reader's zone: it is named, for who gets the receipt has another.

"use strict";

const zone = document.querySelector("[data-zone]");
zone.textContent = `\nTimes are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
