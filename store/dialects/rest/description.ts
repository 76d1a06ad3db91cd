/** `/openapi.json`, the description of all routes made from what they declare, and `/docs`, a page that shows it and tries them. */

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { version } from '../../../shared/program/version';

/** Called before any route is added: only those that come later are described. */
export function addDescription(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Formularios',
        version: version(),
        description: 'Los formularios de un censo, guardados por un líder y sus seguidores.',
      },
      tags: [
        { name: 'formularios', description: 'Los formularios de un censo' },
        { name: 'collections', description: 'Any collection of the store' },
        { name: 'replica', description: 'How the replica is' },
      ],
    },
  });
  void app.register(swaggerUi, {
    routePrefix: '/docs',
    // The page loads its own scripts and asks its own server, over HTTP too, and nothing from elsewhere.
    staticCSP: "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    uiConfig: { validatorUrl: null },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
