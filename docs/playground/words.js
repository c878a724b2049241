// The words of the playground in the languages of the course, each beside its translation.
// @ts-check

const IS_CHINESE = document.documentElement.lang.startsWith('zh');

/**
 * Choose what is said in the language of the page.
 * @template T
 * @param {T} english
 * @param {T} chinese
 */
const say = (english, chinese) => (IS_CHINESE ? chinese : english);

/** @typedef {(...parts: (string | number)[]) => string} Sentence */

export const WORDS = {
  preset: say('Block', '块'),
  own: say('a block of your own', '你自己的块'),
  labels: {
    c1: say('channels of the 1×1', '1×1 的通道数'),
    c2_reduce: say('reduction before 3×3', '3×3 之前的降维'),
    c2: say('channels of the 3×3', '3×3 的通道数'),
    c3_reduce: say('reduction before 5×5', '5×5 之前的降维'),
    c3: say('channels of the 5×5', '5×5 的通道数'),
    c4: say('projection after the pooling', '池化之后的投影'),
    c_in: say('channels of the input', '输入通道数'),
    size: say('height and width', '高和宽'),
  },
  names: { inception: say('Inception', 'Inception 块'), naive: say('naive', '朴素块') },
  rows: {
    output: say('output', '输出'),
    parameters: say('parameters', '参数量'),
    macs: say('MACs', '乘加次数'),
  },
  ratio: say('ratio', '比值'),
  bars: say('MACs of each branch', '各分支的乘加次数'),
  colon: say(': ', '：'),
  input: say('input', '输入'),
  output: say('output', '输出'),
  conv: say('conv', '卷积'),
  pool: say('max pool', '最大池化'),
  /** @type {Sentence} */
  concat: say(
    (sum) => `concat: ${sum} channels`,
    (sum) => `拼接：${sum} 个通道`,
  ),
  /** @type {Sentence} */
  diagram: say(
    (name) => `Diagram of the block ${name}`,
    (name) => `${name}的结构图`,
  ),
  /** @type {Sentence} */
  sentence: say(
    (output, parameters, macs, ratio) =>
      `The output is ${output}. The block has ${parameters} parameters and takes ${macs} MACs. ` +
      `The naive block takes ${ratio} times as many MACs.`,
    (output, parameters, macs, ratio) =>
      `输出是 ${output}。这个块有 ${parameters} 个参数，需要 ${macs} 次乘加。` +
      `朴素块的乘加次数是它的 ${ratio} 倍。`,
  ),
};

// in the order of d2l_ext.data.CLASSES
export const CLASSES = [
  say('t-shirt', 'T恤'),
  say('trouser', '裤子'),
  say('pullover', '套头衫'),
  say('dress', '连衣裙'),
  say('coat', '外套'),
  say('sandal', '凉鞋'),
  say('shirt', '衬衫'),
  say('sneaker', '运动鞋'),
  say('bag', '包'),
  say('ankle boot', '短靴'),
];

export const NETWORK = {
  loading: say('The network is loading …', '正在加载网络……'),
  noWebAssembly: say(
    'The network needs WebAssembly, which is off in this browser.',
    '网络需要 WebAssembly，而这个浏览器没有启用它。',
  ),
  /** @type {Sentence} */
  failed: say(
    (why) => `The network could not be loaded: ${why}`,
    (why) => `无法加载网络：${why}`,
  ),
  probability: say('probability', '概率'),
  class: say('class', '类别'),
};

export const RECOGNIZE = {
  samples: say('A test image', '一张测试图像'),
  /** @type {Sentence} */
  sample: say(
    (label, number) => `${label}, test image ${number}`,
    (label, number) => `${label}，测试图像 ${number}`,
  ),
  draw: say('Your drawing', '你的画'),
  drawHelp: say(
    'Draw a garment with the pointer. With the keys: arrows move the pen, Space lowers and lifts it.',
    '用指针画一件衣物。用键盘：方向键移动画笔，空格键落笔或抬笔。',
  ),
  canvas: say('Drawing area, 280 × 280 pixels', '画布，280 × 280 像素'),
  clear: say('Clear', '清空'),
  file: say('Your picture', '你的图片'),
  choose: say('Choose a picture, or drop one here', '选择一张图片，或把图片拖到这里'),
  seen: say('What the network sees: 48 × 48', '网络看到的：48 × 48'),
  /** @type {Sentence} */
  answer: say(
    (label, share) => `The network says ${label}, with probability ${share}.`,
    (label, share) => `网络的回答是${label}，概率 ${share}。`,
  ),
  /** @type {Sentence} */
  truth: say(
    (label) => ` The label is ${label}.`,
    (label) => `标签是${label}。`,
  ),
  /** @type {Sentence} */
  time: say(
    (ms) => ` Computed in ${ms} ms.`,
    (ms) => `计算用了 ${ms} 毫秒。`,
  ),
  /** @type {Sentence} */
  unreadable: say(
    (name) => `${name} cannot be read as a picture by this browser: save it as PNG or JPEG.`,
    (name) => `这个浏览器无法把 ${name} 读成图片：请另存为 PNG 或 JPEG。`,
  ),
  empty: say('Nothing is drawn yet.', '还没有画任何东西。'),
};

export const SWITCHES = {
  block: say('block', '块'),
  branches: say(['1×1', '3×3', '5×5', 'pool'], ['1×1', '3×3', '5×5', '池化']),
  off: say('A branch that is off gives', '关掉的分支输出'),
  fills: { zero: say('zero', '零'), mean: say('its mean', '它的均值') },
  allOn: say('Switch all on', '全部打开'),
  progress: say('Test images computed', '已计算的测试图像'),
  /** @type {Sentence} */
  result: say(
    (off, right, of, whole) =>
      `${off} of 36 branches are off: ${right} of ${of} test images are right. ` +
      `With all branches, ${whole} are right.`,
    (off, right, of, whole) =>
      `36 个分支关掉了 ${off} 个：${of} 张测试图像答对 ${right} 张。所有分支都打开时答对 ${whole} 张。`,
  ),
  picture: say('Probabilities for the image at hand', '当前图像的概率'),
  game: say('Which three branches can go at the least loss?', '关掉哪三个分支损失最小？'),
  gameHelp: say(
    'Switch three branches off, so that as many test images as possible stay right.',
    '关掉三个分支，让答对的测试图像尽可能多。',
  ),
  show: say('Show the best answer found', '显示找到的最佳答案'),
  /** @type {Sentence} */
  best: say(
    (names, fill, right, of) => `${names} at ${fill}: ${right} of ${of} test images are right.`,
    (names, fill, right, of) => `${names}，输出${fill}：${of} 张测试图像答对 ${right} 张。`,
  ),
  searched: say(
    'The search tried every three of the six branches that cost least alone.',
    '搜索的做法：先找出单独关掉时代价最小的六个分支，再试其中所有的三个分支组合。',
  ),
  tryIt: say('Switch these three off', '关掉这三个'),
};

export const INSIDE = {
  /** @type {Sentence} */
  table: say(
    (count) => `The strongest ${count} channels of each branch, from the first block to the last`,
    (count) => `每个分支最强的 ${count} 个通道，从第一个块到最后一个块`,
  ),
  /** @type {Sentence} */
  branch: say(
    (name, channels) => `${name}, strongest channels ${channels}`,
    (name, channels) => `${name}，最强的通道 ${channels}`,
  ),
  /** @type {Sentence} */
  heading: say(
    (name, channels, side) => `${name}: ${channels} channels of ${side} × ${side}`,
    (name, channels, side) => `${name}：${channels} 个通道，每个 ${side} × ${side}`,
  ),
  /** @type {Sentence} */
  scale: say(
    (full, silent) =>
      `Full colour is the highest value of the branch for this image, ${full}. ` +
      `Channels that are 0 at every place: ${silent}. Numbers count from 0, as in Python.`,
    (full, silent) =>
      `颜色最深处是这个分支在这张图像上的最大值 ${full}。处处为 0 的通道有 ${silent} 个。编号与 Python 一样从 0 开始。`,
  ),
  /** @type {Sentence} */
  channel: say(
    (number, mean) => `channel ${number}, mean ${mean}`,
    (number, mean) => `通道 ${number}，均值 ${mean}`,
  ),
  /** @type {Sentence} */
  caption: say(
    (number, full) => `Channel ${number}. Full colour is ${full}, its highest value in the sample.`,
    (number, full) => `通道 ${number}。颜色最深为 ${full}，即它在样本上的最大值。`,
  ),
  /** @type {Sentence} */
  place: say(
    (row, column, value) => `row ${row}, column ${column}: ${value}`,
    (row, column, value) => `第 ${row} 行第 ${column} 列：${value}`,
  ),
  image: say('The image at hand with the receptive field', '当前图像和感受野'),
  framed: say('Framed: its receptive field', '框内：它的感受野'),
  /** @type {Sentence} */
  sees: say(
    (row, column, value, size) =>
      `The output in row ${row}, column ${column} is ${value}. ` +
      `It depends on at most ${size} × ${size} pixels.`,
    (row, column, value, size) =>
      `第 ${row} 行第 ${column} 列的输出是 ${value}，至多取决于 ${size} × ${size} 个像素。`,
  ),
  /** @type {Sentence} */
  seesAll: say(
    (row, column, value, size) =>
      `The output in row ${row}, column ${column} is ${value}. ` +
      `Its receptive field, ${size} × ${size} pixels, contains the whole image.`,
    (row, column, value, size) =>
      `第 ${row} 行第 ${column} 列的输出是 ${value}，感受野有 ${size} × ${size} 个像素，包含整张图像。`,
  ),
  /** @type {Sentence} */
  exciting: say(
    (count, of, number) =>
      `The ${count} of ${of} test images that excite channel ${number} most. ` +
      `Framed: what its strongest output sees.`,
    (count, of, number) =>
      `${of} 张测试图像中，使通道 ${number} 反应最强的 ${count} 张。框内：最强的那个输出看到的部分。`,
  ),
  /** @type {Sentence} */
  never: say(
    (number, of) => `Channel ${number} is 0 for all ${of} test images of the sample.`,
    (number, of) => `通道 ${number} 对样本的全部 ${of} 张测试图像都是 0。`,
  ),
};

export const LOOKS = {
  class: say('Class', '类别'),
  strength: say('Opacity of the maps', '图的不透明度'),
  legend: say('Orange speaks for the class, blue against it.', '橙色支持这个类别，蓝色反对。'),
  classMap: say('Class map', '类激活图'),
  occlusion: say('Occlusion', '遮挡'),
  and: say(', ', '、'),
  /** @type {Sentence} */
  sum: say(
    (cells, mean, bias, label, score) =>
      `The cells, row by row: ${cells}. Their mean, ${mean}, plus the bias, ${bias}, ` +
      `is the score of ${label}: ${score}.`,
    (cells, mean, bias, label, score) =>
      `各格的数值，逐行：${cells}。均值 ${mean} 加偏置 ${bias}，就是${label}的得分 ${score}。`,
  ),
  cover: say('Covered in', '遮挡颜色'),
  covers: {
    grey: say('grey, the mean of all pixels', '灰色（全部像素的均值）'),
    black: say('black, the background', '黑色（背景）'),
  },
  /** @type {Sentence} */
  start: say(
    (places) => `Cover ${places} places`,
    (places) => `遮挡 ${places} 个位置`,
  ),
  stop: say('Stop', '停止'),
  progress: say('Places covered', '已遮挡的位置'),
  /** @type {Sentence} */
  toDo: say(
    (side) => `A square of ${side} × ${side} pixels will move over the image.`,
    (side) => `一个 ${side} × ${side} 像素的方块将移过图像。`,
  ),
  /** @type {Sentence} */
  falls: say(
    (label, before, after, full) =>
      `If the framed square is covered, the probability of ${label} falls most: from ${before} ` +
      `to ${after}. Full colour is a change of ${full}.`,
    (label, before, after, full) =>
      `遮住框内的方块，${label}的概率下降最多：从 ${before} 降到 ${after}。颜色最深处变化 ${full}。`,
  ),
  /** @type {Sentence} */
  unmoved: say(
    (label, before, after, full) =>
      `No covered square lowers the probability of ${label}, ${before}. ` +
      `Full colour is a change of ${full}.`,
    (label, before, after, full) =>
      `遮住任何方块，${label}的概率 ${before} 都不下降。颜色最深处变化 ${full}。`,
  ),
  /** @type {Sentence} */
  time: say(
    (seconds) => ` Computed in ${seconds} s.`,
    (seconds) => `计算用了 ${seconds} 秒。`,
  ),
};
