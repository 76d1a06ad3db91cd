/** Serves a page's files, which a build of the package has made. Nothing comes from elsewhere, and no script stands in the page. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { fileError } from '../../shared/errors';
import { packageFolder } from '../../shared/program/package-folder';

const FOLDER = join(packageFolder(), 'dist', 'lab', 'page');

/** What a page may do: what it brings itself, and ask its own server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/** Adds `/` and the files beside it. @param page its name: `overlay` @throws OperatorError `file` when it was not built */
export function addPage(app: FastifyInstance, page: string): void {
  const files: [path: string, file: string][] = [
    ['/', `${page}.html`],
    [`/${page}.js`, `${page}.js`],
    ['/style.css', 'style.css'],
  ];
  for (const [path, file] of files) {
    const content = contentOf(file);
    app.get(path, async (_request, reply) =>
      reply.type(TYPES[file.split('.')[1]!]!).header('content-security-policy', POLICY).send(content),
    );
  }
}

function contentOf(file: string): Buffer {
  const path = join(FOLDER, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileError('the built page (npm run build makes it)', path, cause);
  }
}
