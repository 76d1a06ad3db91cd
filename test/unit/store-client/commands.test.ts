import { expect } from 'chai';
import { OperatorError } from '../../../shared/errors';
import { connectClient, type StoreClient } from '../../../store-client/client';
import { execute } from '../../../store-client/commands';
import { completions } from '../../../store-client/completion';
import { wordsOf } from '../../../store-client/words';
import { MemoryReplica } from '../../support/store/memory-replica';
import { endServing, serve } from '../../support/store/serve';

/** Section 3 of the store's specification, with the identities that the test's replica draws. */
const TRANSCRIPT = `
db > addcol users *email=str,name=str,*age=int
Col added.
db > add users email=b name=b age=18
Doc added with _id id-1.
db > add users email=a name=a age=18
Doc added with _id id-2.
db > search users _id=id-1
Results:
- id: id-1
  email: b
  name: b
  age: 18
db > search users age>10 age<20
Results:
- id: id-1
  email: b
  name: b
  age: 18
- id: id-2
  email: a
  name: a
  age: 18
db > update users _id=id-1 email=c,age=19
Doc updated.
db > desc
- users *email=str,name=str,*age=int (2 documents)
db > update users age>0 age<99 set name="John, of \\"Ohio\\""
2 docs updated.
db > search users email=c,age=19
Results:
- id: id-1
  email: c
  name: John, of "Ohio"
  age: 19
db > update users email=nobody name=O'Brien
No docs updated.
db > remove users email=c
Doc removed.
db > search users email=c
Results:
db > remove users {}
Doc removed.
db > rmcol users
Col removed.
db > desc
db > search users a=1
Error: there is no collection "users"
db > dance
Error: expected one of help, addcol, rmcol, desc, add, search, update, remove, exit, got "dance"
db > addcol odd "...=any" b=bool f=float i=int
Col added.
db > add odd b=true f=-1.5e3 i=-7 list=[1,"x"] 'words=1 2' n=5
Error: expected key=value, got ""x"]"
db > add odd b=true f=-1.5e3 i=-7 "list=[1,2]" words="1 2",n=5
Doc added with _id id-3.
db > search odd
Results:
- id: id-3
  b: true
  f: -1500
  i: -7
  list: [1,2]
  words: 1 2
  n: 5
db > add odd b=yes
Error: expected true or false for b, got "yes"
db > add odd f=much
Error: expected a number for f, got "much"
db > add odd i=1.5
Error: expected a whole number for i, got "1.5"
db > search odd i>1 i>2
Error: expected each comparison once, got "i>" twice
db > add odd i=1 i=2
Error: expected each attribute once, got "i" twice
db > search odd i
Error: expected a condition such as age>10, got "i"
db > update odd i=1
Error: expected update <col> <query> {key=val,}+, got "odd i=1" behind its name
db > update odd i=1 set
Error: expected a query and then changes; {} is every document
db > remove odd
Error: expected remove <col> <query>, got "odd" behind its name
db > add odd s="
Error: expected a closing ", got add odd s="
`;

describe("the store client's commands", () => {
  let client: StoreClient;
  beforeEach(async () => {
    client = await connectClient((await serve(new MemoryReplica())).address);
  });
  afterEach(async () => {
    await client.close();
    await endServing();
  });

  const shown = async (line: string): Promise<string[]> => {
    const lines: string[] = [];
    try {
      for await (const output of execute(wordsOf(line), client)) lines.push(...output.lines);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      lines.push(`Error: ${error.message}`);
    }
    return lines;
  };

  it('print exactly what the specification shows, and the like', async () => {
    const printed: string[] = [''];
    for (const [, line = ''] of TRANSCRIPT.matchAll(/^db > (.*)$/gm)) {
      printed.push(`db > ${line}`, ...(await shown(line)));
    }
    expect(`${printed.join('\n')}\n`).to.equal(TRANSCRIPT);
  });

  it('give JSON for programs', async () => {
    const jsonOf = async (line: string): Promise<unknown[]> => {
      const values: unknown[] = [];
      for await (const { json } of execute(wordsOf(line), client)) if (json !== undefined) values.push(json);
      return values;
    };
    expect(await jsonOf('addcol c a=int')).to.deep.equal([{ collection: 'c' }]);
    expect(await jsonOf('add c a=1')).to.deep.equal([{ _id: 'id-1' }]);
    expect(await jsonOf('add c a=2')).to.deep.equal([{ _id: 'id-2' }]);
    expect(await jsonOf('search c')).to.deep.equal([
      { _id: 'id-1', a: 1 },
      { _id: 'id-2', a: 2 },
    ]);
    expect(await jsonOf('search c a=9')).to.deep.equal([]);
    expect(await jsonOf('update c {} a=3')).to.deep.equal([{ updated: 2 }]);
    expect(await jsonOf('remove c {}')).to.deep.equal([{ removed: 2 }]);
    expect(await jsonOf('desc')).to.deep.equal([{ c: { schema: { a: 'int' }, documents: 0 } }]);
  });

  it('show what others stored without letting it move the cursor', async () => {
    await client.create('c', { a: 'str' });
    await client.insert('c', { _id: 'x\n', a: '\u001b[2J' });
    expect(await shown('search c')).to.deep.equal(['Results:', '- id: x\\n', '  a: \\u{1b}[2J']);
  });

  const words: [line: string, offered: string[]][] = [
    ['a', ['addcol ', 'add ']],
    ['search ', ['users ']],
    ['search users ', ['_id=', 'email=', 'age=']],
    ['add users email=x,a', ['age=']],
    ['update users age>3 e', ['email=']],
    ['desc ', []],
    ['search nowhere ', ['_id=']],
  ];
  for (const [line, offered] of words) {
    it(`complete "${line}"`, () => {
      const description = { users: { schema: { '*email': 'str', age: 'int', '...': 'any' }, documents: 1 } };
      expect(completions(line, description)[0]).to.deep.equal(offered);
    });
  }
});
