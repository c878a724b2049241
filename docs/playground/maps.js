// Maps of the network, painted: those of its channels, and those that lie on an image.
// @ts-check
import { draw, element } from './dom.js';

/** @typedef {[number, number, number]} Field size, stride and first of a receptive field, in pixels */

// Okabe and Ito, as in the course's figures: what speaks for a class, what against it
export const FOR = '#D55E00';
export const AGAINST = '#0072B2';

/**
 * Divide the maps of a branch into those of its channels.
 * @param {Float32Array} values
 * @param {number} count
 */
export function channelsOf(values, count) {
  const size = values.length / count;
  return Array.from({ length: count }, (_, c) => values.subarray(c * size, (c + 1) * size));
}

/** @param {ArrayLike<number>} map */
export function mean(map) {
  return Array.from(map).reduce((total, value) => total + value, 0) / map.length;
}

/** @param {Float32Array[]} maps */
export function highest(maps) {
  return maps.reduce((most, map) => Math.max(most, ...map), 0);
}

/**
 * Return the numbers of the `count` channels of the highest means, highest first.
 * @param {Float32Array[]} channels
 * @param {number} count
 */
export function strongest(channels, count) {
  const means = channels.map(mean);
  return means
    .map((_, c) => c)
    .sort((a, b) => means[b] - means[a])
    .slice(0, count);
}

/**
 * Paint a square map: transparent at zero, `above` in full at `most`, `below` at minus `most`.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} most
 * @param {string} above
 * @param {string} below
 */
export function paint(canvas, values, most, above, below = above) {
  const side = Math.sqrt(values.length);
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  const [high, low] = [above, below].map((colour) =>
    [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)),
  );
  Array.from(values).forEach((value, i) => {
    const share = most > 0 ? Math.min(1, Math.abs(value) / most) : 0;
    image.data.set([...(value < 0 ? low : high), Math.round(255 * share)], 4 * i);
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/**
 * Make an image on which a frame can lie, and under the frame what else is given.
 * @param {string} words
 * @param {...HTMLElement} between
 */
export function layered(words, ...between) {
  const image = element('canvas', { role: 'img', 'aria-label': words });
  const frame = element('div', { class: 'frame', hidden: '' });
  return {
    box: element('div', { class: 'layers' }, image, ...between, frame),
    /** @param {ArrayLike<number>} pixels */
    draw: (pixels) => draw(image, pixels),
    image,
    /**
     * Frame a square, of which the part outside of an image of `side` x `side` pixels is left out.
     * @param {{left: number, top: number, size: number} | null} square
     * @param {number} side
     */
    set: (square, side) => {
      frame.hidden = square === null;
      if (square === null) return;
      /** @param {number} from */
      const part = (from) => {
        const start = Math.max(0, from), end = Math.min(side, from + square.size); // prettier-ignore
        return [`${(100 * start) / side}%`, `${(100 * Math.max(0, end - start)) / side}%`];
      };
      [frame.style.left, frame.style.width] = part(square.left);
      [frame.style.top, frame.style.height] = part(square.top);
    },
  };
}

/**
 * Return the square of pixels on which the output at `place` of a map of `side` x `side` depends.
 * @param {Field} field
 * @param {number} side
 * @param {number} place
 */
export function seen([size, stride, first], side, place) {
  /** @param {number} at */
  const start = (at) => first + at * stride - (size - 1) / 2;
  return { left: start(place % side), top: start(Math.floor(place / side)), size };
}
