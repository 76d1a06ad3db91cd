/** For `node --require`: a servent's worker that dies of a bug with the first order it is given, a reload's. */

const { parentPort, workerData } = require('node:worker_threads');

if (workerData?.worker === 1) {
  parentPort.once('message', () => {
    throw new Error('a bug of ours');
  });
}
