// The texts on a page that stand out too little from what is behind them, by WCAG 2 AA.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  function rgba(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }

  function over(front, back) {
    const share = front[3];
    return [0, 1, 2].map((i) => front[i] * share + back[i] * (1 - share)).concat(1);
  }

  function behind(element) {
    if (!element) {
      return rgba(getComputedStyle(document.documentElement).backgroundColor);
    }
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  }

  function brightness(colour) {
    const [r, g, b] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  const weak = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent.trim();
    if (!words || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) {
      continue;
    }
    const style = getComputedStyle(element);
    const back = behind(element);
    const pair = [brightness(over(rgba(style.color), back)), brightness(back)];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      weak.push(`${words.slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
  }
  return [...new Set(weak)];
}
