import { expect } from 'chai';
import { frame, framed, frameWords } from '../../../conformance/documents/documents-scene';
import { httpWords, requestOf } from '../../../conformance/rest/http';

describe('what was said, in words', () => {
  it('is the JSON of whole frames, and bytes where there are none', () => {
    const two = Buffer.concat([frame(['describe']), frame(['status'])]);
    expect(frameWords(two)).to.equal('["describe"] then ["status"]');
    expect(frameWords(two.subarray(0, two.length - 1))).to.equal('["describe"] then \\u{0}\\n["status"');
    expect(frameWords(framed(new Uint8Array(0)))).to.equal('\\u{0}\\u{0}');
    expect(frameWords(Buffer.from('["ok",null]'))).to.equal('["ok",null]');
  });

  it('is the first line and the body of what is HTTP', () => {
    const request = requestOf({ method: 'POST', path: '/API/X', body: '{"id":"\u001b"}' }, 'program');
    expect(httpWords(request)).to.equal('POST /API/X HTTP/1.1 {"id":"\\u{1b}"}');
    expect(httpWords(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]'))).to.equal('HTTP/1.1 200 OK []');
    expect(httpWords(Buffer.from('[]'))).to.equal('[]');
  });
});
