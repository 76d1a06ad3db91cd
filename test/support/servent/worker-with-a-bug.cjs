/** For `node --require`: a servent's worker that dies of a bug with the order to reload. */

const { parentPort, workerData } = require('node:worker_threads');

if (workerData?.worker === 1) {
  parentPort.on('message', ({ pairs }) => {
    if (pairs) throw new Error('a bug of ours');
  });
}
