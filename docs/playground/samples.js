// The test images of the page, one of which is the image at hand.
// @ts-check
import { byRows, choice, draw, element } from './dom.js';
import { CLASSES, RECOGNIZE } from './words.js';

/** @typedef {import('./network.js').Network} Network */

/**
 * The test images as one group of radio buttons: one stop of the Tab key, arrows move inside.
 * @param {Network} network
 * @param {string} name
 */
export function samples(network, name) {
  const choices = network.told.labels.map((label, number) => {
    const canvas = element('canvas', { 'aria-hidden': 'true' });
    draw(canvas, network.image(number).pixels);
    const words = RECOGNIZE.sample(CLASSES[label], number + 1);
    const show = () => network.show(network.image(number));
    const { radio, label: made } = choice(name, words, show, canvas);
    const check = () => (radio.checked = network.picture.number === number);
    network.addEventListener('picture', check);
    check();
    return made;
  });
  const box = byRows(element('div', { class: 'samples' }, ...choices));
  return element('fieldset', {}, element('legend', {}, RECOGNIZE.samples), box);
}
