// Occlusion: what the network says of an image of which a square is covered, for each place of the square.
// @ts-check
import { SIDE } from './network.js';

export const PATCH = 12; // the side of the square, in pixels
export const STRIDE = 4; // by which it moves
export const PLACES = (SIDE - PATCH) / STRIDE + 1; // in a row, and in a column

/**
 * Cover the square of each place of a row: the images one after the other.
 * @param {Uint8Array} pixels
 * @param {number} row
 * @param {number} level
 */
function covered(pixels, row, level) {
  const images = new Float32Array(PLACES * pixels.length);
  for (let place = 0; place < PLACES; place++) {
    const image = images.subarray(place * pixels.length, (place + 1) * pixels.length);
    image.set(pixels);
    for (let y = row * STRIDE; y < row * STRIDE + PATCH; y++)
      image.fill(level, y * SIDE + place * STRIDE, y * SIDE + place * STRIDE + PATCH);
  }
  return images;
}

/**
 * Yield the probabilities of the classes at each place, a row of places after the other.
 * @param {import('./network.js').Network} network
 * @param {Uint8Array} pixels
 * @param {number} level the grey level that covers, from 0 to 255
 */
export async function* occlusion(network, pixels, level) {
  for (let row = 0; row < PLACES; row++)
    yield await network.probabilities(covered(pixels, row, level));
}
