// The network in a thread of its own, so that the page never waits: onnxruntime-web, one thread.
// @ts-check

/** @type {any} */
let runtime;
/** @type {any} */
let session;
let before = Promise.resolve();

/**
 * Load the runtime and the network from `folder`.
 * @param {string} folder
 */
async function open(folder) {
  runtime = await import(`${folder}ort.wasm.bundle.min.mjs`);
  runtime.env.logLevel = 'error'; // not that it does not know the processor
  runtime.env.wasm.numThreads = 1; // more would need headers that a plain server does not send
  runtime.env.wasm.wasmPaths = { wasm: `${folder}ort-wasm-simd-threaded.wasm` };
  session = await runtime.InferenceSession.create(`${folder}network.onnx`);
}

/**
 * Compute the outputs named `wanted` for the inputs of `arrays`, each with its shape.
 * @param {Record<string, [Float32Array, number[]]>} arrays
 * @param {string[]} wanted
 */
async function run(arrays, wanted) {
  const inputs = Object.entries(arrays).map(([name, [numbers, shape]]) => [
    name,
    new runtime.Tensor('float32', numbers, shape),
  ]);
  const outputs = await session.run(Object.fromEntries(inputs), wanted);
  return Object.fromEntries(wanted.map((name) => [name, outputs[name].data]));
}

self.onmessage = ({ data: { id, folder, arrays, wanted } }) => {
  before = before.then(async () => {
    try {
      self.postMessage({ id, made: await (folder ? open(folder) : run(arrays, wanted)) });
    } catch (error) {
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
};
