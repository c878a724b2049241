// The words of the block explorer in the languages of the course.
// @ts-check

const ENGLISH = {
  preset: 'Block',
  own: 'a block of your own',
  labels: {
    c1: 'channels of the 1×1',
    c2_reduce: 'reduction before 3×3',
    c2: 'channels of the 3×3',
    c3_reduce: 'reduction before 5×5',
    c3: 'channels of the 5×5',
    c4: 'projection after the pooling',
    c_in: 'channels of the input',
    size: 'height and width',
  },
  names: { inception: 'Inception', naive: 'naive' },
  rows: { output: 'output', parameters: 'parameters', macs: 'MACs' },
  ratio: 'ratio',
  bars: 'MACs of each branch',
  colon: ': ',
  input: 'input',
  output: 'output',
  conv: 'conv',
  pool: 'max pool',
  /** @param {string} sum */
  concat: (sum) => `concat: ${sum} channels`,
  /** @param {string} name */
  diagram: (name) => `Diagram of the block ${name}`,
  /** @param {string} output @param {string} parameters @param {string} macs @param {string} ratio */
  sentence: (output, parameters, macs, ratio) =>
    `The output is ${output}. The block has ${parameters} parameters and takes ${macs} MACs. ` +
    `The naive block takes ${ratio} times as many MACs.`,
};

/** @type {typeof ENGLISH} */
const CHINESE = {
  preset: '块',
  own: '你自己的块',
  labels: {
    c1: '1×1 的通道数',
    c2_reduce: '3×3 之前的降维',
    c2: '3×3 的通道数',
    c3_reduce: '5×5 之前的降维',
    c3: '5×5 的通道数',
    c4: '池化之后的投影',
    c_in: '输入通道数',
    size: '高和宽',
  },
  names: { inception: 'Inception 块', naive: '朴素块' },
  rows: { output: '输出', parameters: '参数量', macs: '乘加次数' },
  ratio: '比值',
  bars: '各分支的乘加次数',
  colon: '：',
  input: '输入',
  output: '输出',
  conv: '卷积',
  pool: '最大池化',
  concat: (sum) => `拼接：${sum} 个通道`,
  diagram: (name) => `${name}的结构图`,
  sentence: (output, parameters, macs, ratio) =>
    `输出是 ${output}。这个块有 ${parameters} 个参数，需要 ${macs} 次乘加。` +
    `朴素块的乘加次数是它的 ${ratio} 倍。`,
};

export const WORDS = document.documentElement.lang.startsWith('zh') ? CHINESE : ENGLISH;
