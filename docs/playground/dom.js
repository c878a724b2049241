// What every part of the playground is made of.
// @ts-check

/**
 * Make an element with these attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Draw square grey images on a canvas: 8 bits a pixel.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels
 */
export function draw(canvas, pixels) {
  const side = Math.sqrt(pixels.length);
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < pixels.length; i++) {
    image.data.fill(pixels[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/**
 * A picture that can be chosen: a radio button of the group `name`, named by `words`.
 * @param {string} name
 * @param {string} words
 * @param {() => void} choose
 * @param {(Node | string)[]} picture
 */
export function choice(name, words, choose, ...picture) {
  const radio = element('input', { type: 'radio', name, 'aria-label': words });
  radio.addEventListener('change', choose);
  return { radio, label: element('label', { class: 'choice', title: words }, radio, ...picture) };
}

/**
 * Let the arrows up and down move in a grid of choices by a row; left and right move as a browser does.
 * @param {HTMLElement} grid
 */
export function byRows(grid) {
  grid.addEventListener('keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const radios = [...grid.querySelectorAll('input')];
    const tops = radios.map((radio) => Math.round(radio.getBoundingClientRect().top));
    const columns = tops.filter((top) => top === tops[0]).length;
    const from = radios.findIndex((radio) => radio === event.target);
    const to = radios[from + step * columns];
    to?.focus();
    to?.click();
  });
  return grid;
}
