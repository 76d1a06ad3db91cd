import { expect } from 'chai';
import { parseOptions } from '../../../store-client/options';

/** Section 3 of the store's specification. */
const HELP = `Usage: store-client <host:port>
Available commands within the prompt
  help: show this message

addcol <name> {key=val,}+: add a new collection with the specified schema
rmcol <name>: remove the specified collection
desc: describe the store

add <col> {key=val,}+: add a new document with the specified attributes
search <col> <query>: obtain all the documents which meet the specified query
update <col> <query> {key=val,}+: update the documents meeting the query
remove <col> <query>: remove the documents which meet the specified query
exit: close the current connection`;

describe("the store client's options", () => {
  it('are a replica, and a command if any', async () => {
    expect(await parseOptions(['localhost:8000', 'search', 'users', 'age>10', '--json'])).to.deep.equal({
      options: { contact: 'localhost:8000', words: ['search', 'users', 'age>10'], timeoutMs: 30_000, json: true },
    });
  });

  it('take "help" for the very text of the specification', async () => {
    expect(await parseOptions(['help'])).to.deep.equal({ text: HELP });
  });

  const wrong: [argv: string[], message: RegExp][] = [
    [[], /^expected store-client <replica> \[command\.\.\], got nothing/],
    [['nowhere'], /^expected ip:port for the replica, got "nowhere"/],
    [['a:1', '--timeout', '0'], /^expected a number of seconds from 0.001 to 86400 for --timeout, got "0"/],
  ];
  for (const [argv, message] of wrong) {
    it(`refuse ${JSON.stringify(argv)}`, async () => {
      const error = await parseOptions(argv).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'usage');
      expect((error as Error).message).to.match(message);
    });
  }
});
