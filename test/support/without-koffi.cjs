/** For `node --require`: as if the optional package koffi were not installed. */

const Module = require('node:module');

const load = Module._load;

Module._load = function (request, ...rest) {
  if (request !== 'koffi') return load.call(this, request, ...rest);
  const error = new Error("Cannot find module 'koffi'\nRequire stack:\n- somewhere.js");
  throw Object.assign(error, { code: 'MODULE_NOT_FOUND' });
};
