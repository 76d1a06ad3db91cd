import { expect } from 'chai';
import { dialogue, type Found } from '../../../../store/kv-servers/dialogue';

describe("the dialogue of a server's start", () => {
  const cases: [what: string, found: [Found, Found, Found], typed: string[], agreed: object, refused: number][] = [
    ['is its own leader where nobody is', ['nobody', 'nobody', 'nobody'], ['1', '1'], { own: 1, leader: 1 }, 0],
    ['takes no other leader then', ['nobody', 'nobody', 'nobody'], ['1', '2', '1'], { own: 1, leader: 1 }, 1],
    ['takes no port where somebody is', ['leader', 'nobody', 'other'], ['1', '3', '2', '1'], { own: 2, leader: 1 }, 2],
    ['takes no leader but who leads', ['other', 'leader', 'nobody'], ['3', '1', '3', '2'], { own: 3, leader: 2 }, 2],
    [
      'takes any that is there where nobody leads yet',
      ['nobody', 'other', 'nobody'],
      ['3', '2'],
      { own: 3, leader: 2 },
      0,
    ],
    [
      'takes no other ports, and no words',
      ['nobody', 'nobody', 'nobody'],
      ['4', '', 'x', ' 2 ', '2'],
      { own: 2, leader: 2 },
      3,
    ],
  ];
  for (const [what, found, typed, agreed, refused] of cases) {
    it(what, () => {
      const said: string[] = [];
      const ports = new Map(found.map((who, n) => [n + 1, who]));
      const talk = dialogue(ports, (line) => said.push(line));
      let next = talk.next();
      for (const line of typed) next = talk.next(line);
      expect(next).to.deep.equal({ done: true, value: agreed });
      expect(said).to.deep.equal(Array.from({ length: refused }, () => 'Porta inválida ou já utilizada'));
    });
  }

  it('says its texts', () => {
    const talk = dialogue(new Map([[1, 'nobody']]), () => {});
    expect([talk.next().value, talk.next('1').value]).to.deep.equal([
      'Digite a porta do servidor: ',
      'Digite o número da porta do servidor Líder: ',
    ]);
  });
});
