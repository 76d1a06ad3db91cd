/** A disk that holds one segment of a log, of any bytes. */

import { join } from 'node:path';
import type { Files } from '../../../store/journal/files';
import { segmentName } from '../../../store/journal/segment';
import { ForgetfulDisk } from './forgetful-disk';

export async function damagedLog(bytes: Uint8Array, firstIndex = 1): Promise<Files> {
  const disk = new ForgetfulDisk(() => 0);
  await disk.makeFolder('/disk/log-1');
  const file = await disk.openLog(join('/disk/log-1', segmentName(firstIndex)));
  await file.append(bytes);
  return disk;
}
