// The trained network of the page: loaded once for all widgets, computed in a worker.
// @ts-check
import { element } from './dom.js';
import { CLASSES, NETWORK } from './words.js';

/**
 * What tools/playground_network.py writes of the network: its branches in order with their channels, the
 * receptive field of each (size, stride, first), the labels of the test images and of the whole sample,
 * and the best three branches found for each filling.
 * @typedef {{branches: [string, number][], fields: Record<string, [number, number, number]>,
 *   labels: number[], sample: number[], mean: number, std: number,
 *   colours: Record<string, string>, right: number,
 *   best: Record<'zero' | 'mean', {branches: string[], right: number}>}} Told
 *
 * What a branch hands on: its maps times its gate plus, for each channel, an offset.
 * @typedef {{gates?: Float32Array, offsets?: Float32Array}} Gating
 *
 * A picture of the page's reader has no number of a test image and no label.
 * @typedef {{pixels: Uint8Array, number?: number, label?: number}} Picture
 */

export const SIDE = 48; // of the images that the network takes
/** @type {Map<string, Promise<Network>>} */
const opened = new Map();

export class Network extends EventTarget {
  /**
   * @param {URL} folder
   * @param {Worker} worker
   */
  constructor(folder, worker) {
    super();
    this.folder = folder;
    this.worker = worker;
    this.asked = 0;
    /** @type {Map<number, {resolve: (made: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    worker.onmessage = ({ data: { id, made, error } }) => {
      const asked = this.waiting.get(id);
      this.waiting.delete(id);
      error === undefined ? asked?.resolve(made) : asked?.reject(new Error(error));
    };
    worker.onerror = ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(message));
      this.waiting.clear();
    };
    this.told = /** @type {Told} */ ({});
    this.images = new Uint8Array();
    this.means = new Float32Array();
    /** @type {Picture} */
    this.picture = { pixels: new Uint8Array() };
  }

  /**
   * Return the network in `folder`; the second time the same one.
   * @param {URL} folder
   */
  static open(folder) {
    const found = opened.get(folder.href) ?? Network.load(folder);
    opened.set(folder.href, found);
    return found;
  }

  /** @param {URL} folder */
  static async load(folder) {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    const network = new Network(folder, worker);
    const [told, images, means] = await Promise.all([
      network.get('network.json').then((answer) => answer.json()),
      network.get('images.bin').then((answer) => answer.arrayBuffer()),
      network.get('means.bin').then((answer) => answer.arrayBuffer()),
      network.ask({ folder: folder.href }),
    ]);
    network.told = told;
    network.images = new Uint8Array(images);
    network.means = new Float32Array(means);
    network.show(network.image(0));
    return network;
  }

  /**
   * Fetch the file `name` of the network.
   * @param {string} name
   */
  async get(name) {
    const answer = await fetch(new URL(name, this.folder));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer;
  }

  /** @param {object} request */
  ask(request) {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...request });
    });
  }

  /**
   * Return test image `number` with its label.
   * @param {number} number
   * @returns {Picture}
   */
  image(number) {
    const size = SIDE * SIDE;
    return {
      pixels: this.images.subarray(number * size, (number + 1) * size),
      number,
      label: this.told.labels[number],
    };
  }

  /**
   * Make `picture` the image at hand, of which all widgets of the page tell.
   * @param {Picture} picture
   */
  show(picture) {
    this.picture = picture;
    this.dispatchEvent(new Event('picture'));
  }

  /**
   * Call `update` now and for each image at hand that follows; for those that came meanwhile, once.
   * @param {() => Promise<void>} update
   */
  follow(update) {
    let busy = false, more = false; // prettier-ignore
    const next = async () => {
      more = true;
      if (busy) return;
      busy = true;
      try {
        while (more) {
          more = false;
          await update();
        }
      } finally {
        busy = false; // a picture that failed does not keep out those that follow
      }
    };
    this.addEventListener('picture', next);
    return next();
  }

  /**
   * Compute what is `wanted`, scores or maps, for 48 x 48 images one after the other.
   * @param {ArrayLike<number>} pixels
   * @param {Gating} gating
   * @param {string[]} wanted
   * @returns {Promise<Record<string, Float32Array>>}
   */
  run(pixels, gating = {}, wanted = ['scores']) {
    const { mean, std, branches } = this.told;
    const data = Float32Array.from(pixels, (level) => (level / 255 - mean) / std);
    const gates = gating.gates ?? new Float32Array(branches.length).fill(1);
    const offsets = gating.offsets ?? new Float32Array(this.means.length);
    const arrays = {
      data: [data, [pixels.length / (SIDE * SIDE), 1, SIDE, SIDE]],
      gates: [gates, [gates.length]],
      offsets: [offsets, [offsets.length]],
    };
    return this.ask({ arrays, wanted });
  }

  /**
   * Compute the probabilities of the classes, a row for each image.
   * @param {ArrayLike<number>} pixels
   * @param {Gating} gating
   */
  async probabilities(pixels, gating = {}) {
    const { scores } = await this.run(pixels, gating);
    return softmax(scores);
  }
}

/**
 * Turn the scores of images into their probabilities, a row for each image.
 * @param {Float32Array} scores
 */
export function softmax(scores) {
  const count = CLASSES.length;
  return Array.from({ length: scores.length / count }, (_, i) => {
    const row = [...scores.subarray(i * count, (i + 1) * count)];
    const most = Math.max(...row);
    const powers = row.map((score) => Math.exp(score - most));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}

/**
 * Register the element `name`; `fill` gets it with the network once the reader has come near to it.
 * @param {string} name
 * @param {(host: HTMLElement, network: Network) => void | Promise<void>} fill
 */
export function define(name, fill) {
  /** @param {HTMLElement} host */
  const load = async (host) => {
    const status = element('p', { role: 'status' }, NETWORK.loading);
    host.replaceChildren(status);
    try {
      if (typeof WebAssembly === 'undefined') throw new Error(NETWORK.noWebAssembly);
      const folder = new URL(host.getAttribute('files') ?? '', document.baseURI);
      await fill(host, await Network.open(folder));
      status.remove();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      status.textContent = why === NETWORK.noWebAssembly ? why : NETWORK.failed(why);
    }
  };
  customElements.define(
    name,
    class extends HTMLElement {
      connectedCallback() {
        const near = new IntersectionObserver(
          (changes) => {
            if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
            near.disconnect();
            load(this);
          },
          { rootMargin: '600px' },
        );
        near.observe(this);
      }
    },
  );
}

/** Make a table of the classes with a bar for each probability. */
export function probabilityTable() {
  const rows = CLASSES.map((label) => {
    const bar = element('span', { class: 'share' });
    const number = element('td', { class: 'number' });
    const row = element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      element('td', { class: 'bar', 'aria-hidden': 'true' }, bar),
      number,
    );
    return { row, bar, number };
  });
  const table = element(
    'table',
    { class: 'probabilities' },
    element('caption', {}, NETWORK.probability),
    element('tbody', {}, ...rows.map(({ row }) => row)),
  );
  /** @param {number[]} shares */
  const set = (shares) => {
    const best = shares.indexOf(Math.max(...shares));
    rows.forEach(({ row, bar, number }, i) => {
      row.classList.toggle('best', i === best && shares[i] > 0);
      bar.style.width = `${100 * shares[i]}%`;
      number.textContent = shares[i].toFixed(3);
    });
  };
  return { table, set };
}
