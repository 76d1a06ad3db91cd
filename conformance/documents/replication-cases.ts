/** What is seen from outside of a store's replication, and of its log: sections 2, 4 and 5 of its specification. */

import type { Case } from '../case';
import { same } from '../unmet';
import { ANA, type DocumentsCase, documentsCase, RUI } from './documents-scene';

const CASES: readonly DocumentsCase[] = [
  {
    id: 'store 2 follower reads',
    class: 'replication',
    rule: 'A replica that joins gets what was written before and after, and serves reads.',
    async scene(scene) {
      await scene.users();
      await scene.does(['insert', 'users', ANA]);
      const follower = await scene.follower();
      await scene.finds('Ana', follower);
      await scene.does(['insert', 'users', RUI]);
      await scene.finds('Ana,Rui', follower);
    },
  },
  {
    id: 'store 2 follower writes',
    class: 'replication',
    rule: 'A write at a follower is a ko.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.finds('', follower);
      await scene.isRefused(['insert', 'users', ANA], follower);
    },
  },
  {
    id: 'store 4 3 too few in sync',
    class: 'replication',
    rule: 'A write is a ko while fewer replicas are in sync than it is to want, and an ok once they are.',
    inSyncMin: 2,
    async scene(scene) {
      await scene.isRefused(['create', 'users', { name: 'str' }]);
      await scene.follower();
      await scene.eventually(() => scene.users());
    },
  },
  {
    id: 'store 4 4 follower killed',
    class: 'faults',
    rule: 'When a follower dies the leader goes on taking writes.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.finds('', follower);
      await scene.haveJoined(2);
      await follower.subject.kill();
      await scene.eventually(() => scene.does(['insert', 'users', ANA]));
      same('found', await scene.names({}), 'Ana');
    },
  },
  {
    id: 'store 4 5 leader killed',
    class: 'faults',
    rule: 'When the leader dies a follower takes over, and nothing that was confirmed is lost.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.finds('', follower);
      await scene.haveJoined(2);
      await scene.does(['insert', 'users', ANA]);
      await scene.leader.subject.kill();
      await scene.eventually(() => scene.does(['insert', 'users', RUI], follower));
      same('found', await scene.names({}, follower), 'Ana,Rui');
    },
  },
  {
    id: 'store 4 6 follower returns',
    class: 'faults',
    rule: 'A follower that comes back gets what was written while it was away.',
    async scene(scene) {
      await scene.users();
      const follower = await scene.follower();
      await scene.finds('', follower);
      await follower.subject.kill();
      await scene.eventually(() => scene.does(['insert', 'users', ANA]));
      await scene.returns(follower);
      await scene.finds('Ana', follower);
    },
  },
  {
    id: 'store 5 leader returns',
    class: 'faults',
    rule: 'A store that was killed and is started again has all that it confirmed.',
    async scene(scene) {
      await scene.withTwo();
      await scene.leader.subject.kill();
      await scene.returns(scene.leader);
      await scene.finds('Ana,Rui', scene.leader);
    },
  },
];

export const REPLICATION_CASES: readonly Case[] = CASES.map(documentsCase);
