// <garment-recognizer files="network/">: a test image, a drawing or a picture, and what the network says.
// @ts-check
import { draw, element } from './dom.js';
import { define, probabilityTable } from './network.js';
import { prepare } from './prepare.js';
import { samples } from './samples.js';
import { CLASSES, RECOGNIZE } from './words.js';

const SIDE = 280; // of the drawing area
const STEP = 7; // that an arrow key moves the pen
const LARGEST = 2048; // a side; a picture of more is made smaller while it is read

/** @typedef {(rgba: Uint8ClampedArray, width: number, height: number) => void} Taken */

/**
 * The drawing area: a bright pen on black, for the pointer and for the keys.
 * @param {Taken} taken
 * @param {string} id
 */
function drawing(taken, id) {
  const canvas = element('canvas', {
    width: String(SIDE),
    height: String(SIDE),
    tabindex: '0',
    role: 'application',
    'aria-label': RECOGNIZE.canvas,
    'aria-describedby': id,
  });
  const pen = element('span', { class: 'pen', hidden: '' });
  const paper = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext('2d', { willReadFrequently: true })
  );
  let x = SIDE / 2, y = SIDE / 2, down = false; // prettier-ignore
  const clear = () => {
    paper.fillStyle = 'black';
    paper.fillRect(0, 0, SIDE, SIDE);
  };
  /** @param {number} toX @param {number} toY */
  const stroke = (toX, toY) => {
    Object.assign(paper, { lineWidth: 26, lineCap: 'round', strokeStyle: 'rgb(200 200 200)' });
    paper.beginPath();
    paper.moveTo(x, y);
    paper.lineTo(toX, toY);
    paper.stroke();
  };
  /** @param {number} toX @param {number} toY */
  const move = (toX, toY) => {
    if (down) stroke(toX, toY);
    [x, y] = [toX, toY];
    pen.style.left = `${(100 * x) / SIDE}%`;
    pen.style.top = `${(100 * y) / SIDE}%`;
    pen.classList.toggle('down', down);
  };
  const hand = () => taken(paper.getImageData(0, 0, SIDE, SIDE).data, SIDE, SIDE);
  /** @param {PointerEvent} event @returns {[number, number]} */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * SIDE) / box.width,
      ((event.clientY - box.top) * SIDE) / box.height,
    ];
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.hidden = true;
    move(...place(event));
    down = true;
    move(...place(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (down && event.buttons) move(...place(event));
  });
  canvas.addEventListener('pointerup', () => {
    down = false;
    hand();
  });
  canvas.addEventListener('pointercancel', () => (down = false));
  /** @type {Record<string, [number, number]>} */
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener('keydown', (event) => {
    const arrow = arrows[event.key];
    if (!arrow && event.key !== ' ') return;
    event.preventDefault();
    pen.hidden = false;
    if (event.key === ' ') down = !down;
    const [toX, toY] = arrow ? [x + STEP * arrow[0], y + STEP * arrow[1]] : [x, y];
    move(Math.min(SIDE, Math.max(0, toX)), Math.min(SIDE, Math.max(0, toY)));
    if (down || event.key === ' ') hand();
  });
  canvas.addEventListener('blur', () => {
    down = false;
    pen.hidden = true;
  });
  const button = element('button', { type: 'button' }, RECOGNIZE.clear);
  button.addEventListener('click', () => {
    clear();
    hand();
  });
  clear();
  return element(
    'fieldset',
    { class: 'drawing' },
    element('legend', {}, RECOGNIZE.draw),
    element('div', { class: 'paper' }, canvas, pen),
    element('p', { id }, RECOGNIZE.drawHelp),
    button,
  );
}

/**
 * Read the pixels of a picture file, upright; a huge one smaller.
 * @param {File} file
 */
async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = element('canvas', { width: String(width), height: String(height) });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { rgba: context.getImageData(0, 0, width, height).data, width, height };
}

let recognizers = 0; // so that each recognizer of a page has ids of its own

define('garment-recognizer', (host, network) => {
  const id = `garment-recognizer-${++recognizers}`;
  const status = element('p', { role: 'status' });
  const seen = element('canvas', { role: 'img', 'aria-label': RECOGNIZE.seen });
  const { table, set } = probabilityTable();
  // the button is ours: a browser writes its own in the language of its user
  const file = element('input', { type: 'file', accept: 'image/*' });

  /** @type {Taken} */
  const take = (rgba, width, height) => network.show({ pixels: prepare(rgba, width, height) });

  /** @param {File | undefined} chosen */
  async function read(chosen) {
    if (!chosen) return;
    try {
      const { rgba, width, height } = await pixelsOf(chosen);
      take(rgba, width, height);
    } catch {
      status.textContent = RECOGNIZE.unreadable(chosen.name);
    }
  }

  async function update() {
    const { picture } = network;
    draw(seen, picture.pixels);
    if (picture.pixels.every((level) => level === 0)) {
      status.textContent = RECOGNIZE.empty;
      set(CLASSES.map(() => 0));
      return;
    }
    const start = performance.now();
    const [shares] = await network.probabilities(picture.pixels);
    if (network.picture !== picture) return; // another one came meanwhile
    const best = shares.indexOf(Math.max(...shares));
    set(shares);
    status.textContent =
      RECOGNIZE.answer(CLASSES[best], shares[best].toFixed(2)) +
      (picture.label === undefined ? '' : RECOGNIZE.truth(CLASSES[picture.label])) +
      RECOGNIZE.time(Math.round(performance.now() - start));
  }

  file.addEventListener('change', () => read(file.files?.[0]));
  host.addEventListener('dragover', (event) => event.preventDefault());
  host.addEventListener('drop', (event) => {
    event.preventDefault();
    read(event.dataTransfer?.files[0]);
  });
  host.append(
    element(
      'div',
      { class: 'sources' },
      samples(network, id),
      drawing(take, `${id}-help`),
      element(
        'fieldset',
        { class: 'file' },
        element('legend', {}, RECOGNIZE.file),
        element('label', {}, file, element('span', { class: 'button' }, RECOGNIZE.choose)),
      ),
    ),
    element(
      'div',
      { class: 'answer' },
      element('figure', {}, seen, element('figcaption', {}, RECOGNIZE.seen)),
      status,
    ),
    table,
  );
  return network.follow(update);
});
