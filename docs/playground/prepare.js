// A person's own picture, made into what the network was trained on: `d2l_ext.pictures.prepare`, with
// the arithmetic of Pillow's and OpenCV's resizing, so that both programs see the same pixels.
// @ts-check

/** @typedef {{levels: ArrayLike<number>, width: number, height: number}} Grey */

export const SEEN = 48; // the side of the images that the network takes
const SIDE = 28; // of Fashion-MNIST's images
const LARGE = 1024; // pixels a side: what has more is made smaller at once
const FAINT = 24; // of 255: what is no brighter belongs to the background

/**
 * Return a picture as the network sees it: 48 x 48 levels, bright on black.
 * @param {ArrayLike<number>} rgba
 * @param {number} width
 * @param {number} height
 */
export function prepare(rgba, width, height) {
  const { levels, side } = squared(cut(onBlack(greyLevels(rgba, width, height))));
  return bilinear(lanczos(levels, side));
}

/**
 * What is transparent lies on black if the rest is bright, on white if it is dark.
 * @param {ArrayLike<number>} rgba
 * @param {number} width
 * @param {number} height
 * @returns {Grey}
 */
function greyLevels(rgba, width, height) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / LARGE));
  const count = width * height;
  /** @param {(i: number) => number} of */
  const plane = (of) => reduced({ levels: Uint8Array.from({ length: count }, (_, i) => of(i)), width, height }, step); // prettier-ignore
  /** @param {number} r @param {number} g @param {number} b */
  const grey = (r, g, b) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
  let opaque = true;
  for (let i = 3; opaque && i < 4 * count; i += 4) opaque = rgba[i] === 255;
  if (opaque) return plane((i) => grey(rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]));
  const alpha = plane((i) => rgba[4 * i + 3]);
  const colours = [0, 1, 2].map((c) => {
    if (step === 1) return plane((i) => rgba[4 * i + c]).levels;
    // weighed with its opacity while it is made smaller
    const weighed = plane((i) => {
      const product = rgba[4 * i + c] * rgba[4 * i + 3] + 128;
      return ((product >> 8) + product) >> 8;
    });
    return Array.from(weighed.levels, (level, i) => {
      const a = alpha.levels[i];
      return a === 0 || a === 255 ? level : Math.min(255, Math.floor((255 * level) / a));
    });
  });
  const levels = Float64Array.from(alpha.levels, (_, i) =>
    grey(colours[0][i], colours[1][i], colours[2][i]),
  );
  let bright = 0, there = 0; // prettier-ignore
  levels.forEach((level, i) => {
    bright += level * (alpha.levels[i] / 255);
    there += alpha.levels[i] / 255;
  });
  const ground = bright / Math.max(there, 1e-9) > 127 ? 0 : 255;
  const laid = levels.map((level, i) => {
    const opacity = alpha.levels[i] / 255;
    return level * opacity + ground * (1 - opacity);
  });
  return { ...alpha, levels: laid };
}

/**
 * Take the mean of every `step` x `step` pixels; at the edge of what is left.
 * @param {Grey} picture
 * @param {number} step
 * @returns {Grey}
 */
function reduced({ levels, width, height }, step) {
  if (step === 1) return { levels, width, height };
  const wide = Math.ceil(width / step), high = Math.ceil(height / step); // prettier-ignore
  const made = new Uint8Array(wide * high);
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      let sum = 0, count = 0; // prettier-ignore
      for (let v = y * step; v < Math.min(height, (y + 1) * step); v++)
        for (let u = x * step; u < Math.min(width, (x + 1) * step); u++, count++)
          sum += levels[v * width + u];
      made[y * wide + x] = Math.floor((sum + (count >> 1)) / count);
    }
  return { levels: made, width: wide, height: high };
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Turn a light background to dark and move it to 0. The background is what most border pixels have.
 * @param {Grey} picture
 * @returns {Grey}
 */
function onBlack({ levels, width, height }) {
  /** @type {number[]} */
  const border = [];
  for (let x = 0; x < width; x++) border.push(levels[x], levels[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) border.push(levels[y * width], levels[y * width + width - 1]);
  const level = median(border);
  const light = level > 127;
  const background = light ? 255 - level : level;
  const scale = 255 / (255 - background);
  return {
    levels: Float64Array.from(levels, (level) =>
      Math.min(255, Math.max(0, ((light ? 255 - level : level) - background) * scale)),
    ),
    width,
    height,
  };
}

/**
 * Cut away the rows and columns around the garment that hold nothing but background.
 * @param {Grey} picture
 * @returns {Grey}
 */
function cut({ levels, width, height }) {
  let left = width, right = -1, top = height, bottom = -1; // prettier-ignore
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (levels[y * width + x] > FAINT) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
  if (right < 0) return { levels, width, height };
  const wide = right - left + 1, high = bottom - top + 1; // prettier-ignore
  const kept = new Float64Array(wide * high);
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) kept[y * wide + x] = levels[(top + y) * width + left + x];
  return { levels: kept, width: wide, height: high };
}

/**
 * Pad with black to a square, the picture in its middle.
 * @param {Grey} picture
 */
function squared({ levels, width, height }) {
  const side = Math.max(width, height);
  const square = new Uint8Array(side * side);
  const top = (side - height) >> 1, left = (side - width) >> 1; // prettier-ignore
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      square[(top + y) * side + left + x] = nearest(levels[y * width + x]);
  return { levels: square, side };
}

/**
 * Round as NumPy does: a half to the even neighbour.
 * @param {number} number
 */
function nearest(number) {
  const below = Math.floor(number);
  if (number - below !== 0.5) return Math.round(number);
  return below % 2 ? below + 1 : below;
}

const BITS = 22; // of a weight, in Pillow

/** @param {number} x */
function lanczosFilter(x) {
  if (x < -3 || x >= 3) return 0;
  /** @param {number} x */
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  return sinc(x) * sinc(x / 3);
}

/**
 * Resize side x side to 28 x 28 as Pillow does: whole weights, rounded after each direction.
 * @param {Uint8Array} levels
 * @param {number} side
 */
function lanczos(levels, side) {
  if (side === SIDE) return levels;
  const scale = side / SIDE, spread = Math.max(scale, 1), reach = 3 * spread; // prettier-ignore
  const weights = Array.from({ length: SIDE }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(side, Math.trunc(centre + reach + 0.5));
    const shares = Array.from({ length: end - first }, (_, x) =>
      lanczosFilter((x + first - centre + 0.5) * (1 / spread)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    const whole = shares.map((share) => {
      const scaled = (share / sum) * 2 ** BITS;
      return Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
    return { first, whole };
  });
  /** @param {ArrayLike<number>} from @param {number} rows @param {(row: number, i: number) => number} at */
  const pass = (from, rows, at) => {
    const made = new Uint8ClampedArray(rows * SIDE);
    for (let row = 0; row < rows; row++)
      weights.forEach(({ first, whole }, place) => {
        let sum = 2 ** (BITS - 1);
        whole.forEach((weight, i) => (sum += weight * from[at(row, first + i)]));
        made[row * SIDE + place] = Math.floor(sum / 2 ** BITS);
      });
    return made;
  };
  // each pass lays its result down row by row, so that the second one also turns it back
  const narrow = pass(levels, side, (row, i) => row * side + i);
  const turned = pass(narrow, SIDE, (column, i) => i * SIDE + column);
  return Uint8Array.from(turned, (_, i) => turned[(i % SIDE) * SIDE + Math.floor(i / SIDE)]);
}

/**
 * Resize 28 x 28 to 48 x 48 as OpenCV does: weights of 11 bits; at the border it cuts the weights of a
 * row's neighbours in the horizontal, and repeats the row in the vertical.
 * @param {Uint8Array} levels
 */
function bilinear(levels) {
  const last = SIDE - 1;
  const places = Array.from({ length: SEEN }, (_, place) => {
    const at = Math.fround((place + 0.5) * (SIDE / SEEN) - 0.5);
    const first = Math.floor(at), part = Math.fround(at - first); // prettier-ignore
    const rest = Math.fround(1 - part);
    return { first, weights: [nearest(rest * 2048), nearest(part * 2048)] };
  });
  const wide = new Int32Array(SIDE * SEEN);
  for (let y = 0; y < SIDE; y++)
    places.forEach(({ first, weights: [a, b] }, x) => {
      const row = y * SIDE;
      if (first < 0) wide[y * SEEN + x] = 2048 * levels[row];
      else if (first >= last) wide[y * SEEN + x] = 2048 * levels[row + last];
      else wide[y * SEEN + x] = a * levels[row + first] + b * levels[row + first + 1];
    });
  const made = new Uint8Array(SEEN * SEEN);
  places.forEach(({ first, weights: [a, b] }, y) => {
    const upper = Math.max(first, 0) * SEEN, lower = Math.min(first + 1, last) * SEEN; // prettier-ignore
    for (let x = 0; x < SEEN; x++) {
      const sum = ((a * (wide[upper + x] >> 4)) >> 16) + ((b * (wide[lower + x] >> 4)) >> 16);
      made[y * SEEN + x] = (sum + 2) >> 2;
    }
  });
  return made;
}
