// What a block consists of and what it costs: the numbers of `d2l_ext.figures.explorer.costs`.
// @ts-check

/**
 * Where the sliders stand: channels of the branches, channels and side of the input.
 * @typedef {{c1: number, c2_reduce: number, c2: number, c3_reduce: number, c3: number, c4: number,
 *   c_in: number, size: number}} Values
 *
 * A convolution; or a pooling, which has no `to` because it keeps the channels.
 * @typedef {{kernel: number, from: number, to?: number}} Step
 *
 * The steps of each branch, by the branch's name.
 * @typedef {Record<string, Step[]>} Block
 *
 * @typedef {{channels: number[], output: number, parameters: number, macs: number,
 *   macsOf: Record<string, number>}} Costs
 */

/**
 * Return the Inception block at `values` and the naive block of the same kernels, which has no
 * reductions and whose pooling branch hands on all of its input (Szegedy et al. 2015, Figure 2).
 * @param {Values} values
 * @returns {{inception: Block, naive: Block}}
 */
export function blocks({ c1, c2_reduce, c2, c3_reduce, c3, c4, c_in }) {
  const pool = { kernel: 3, from: c_in };
  const branch1x1 = [{ kernel: 1, from: c_in, to: c1 }];
  return {
    inception: {
      branch1x1,
      branch3x3: [
        { kernel: 1, from: c_in, to: c2_reduce },
        { kernel: 3, from: c2_reduce, to: c2 },
      ],
      branch5x5: [
        { kernel: 1, from: c_in, to: c3_reduce },
        { kernel: 5, from: c3_reduce, to: c3 },
      ],
      branch_pool: [pool, { kernel: 1, from: c_in, to: c4 }],
    },
    naive: {
      branch1x1,
      branch3x3: [{ kernel: 3, from: c_in, to: c2 }],
      branch5x5: [{ kernel: 5, from: c_in, to: c3 }],
      branch_pool: [pool],
    },
  };
}

/**
 * Count a block's output channels, its parameters with biases, and its multiply-adds on an input of
 * `size` x `size`. As in `d2l_ext.analysis`, a bias and a pooling take no multiply-adds.
 * @param {Block} block
 * @param {number} size
 * @returns {Costs}
 */
export function costs(block, size) {
  let parameters = 0;
  /** @type {Record<string, number>} */
  const macsOf = {};
  for (const [name, steps] of Object.entries(block)) {
    macsOf[name] = 0;
    for (const { kernel, from, to } of steps) {
      if (to === undefined) continue;
      const weights = kernel * kernel * from * to;
      parameters += weights + to;
      macsOf[name] += weights * size * size;
    }
  }
  const channels = Object.values(block).map((steps) => {
    const last = steps[steps.length - 1];
    return last.to ?? last.from;
  });
  return { channels, output: sum(channels), parameters, macs: sum(Object.values(macsOf)), macsOf };
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * Write a whole number as `d2l_ext.tables` does, 163 696, but with spaces at which no line ends.
 * @param {number} number
 */
export function show(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}
