/** What the routes of the forms take and reply, as the description of the API tells it; what they take is also checked by this. */

import { LIMIT_MAX } from './list-reply';
import { IDEMPOTENCY } from './requests';

const ID_MAX = 64;
const tags = ['formularios'];

const ID = { type: 'string', minLength: 1, maxLength: ID_MAX, description: 'Identidad del formulario' } as const;
const WITH_ID = { type: 'object', properties: { id: ID }, required: ['id'] };
const FORM = {
  type: 'object',
  required: ['id'],
  properties: { id: ID, nombres: { type: 'string' }, apellidos: { type: 'string' }, genero: { type: 'string' } },
  additionalProperties: true,
  examples: [{ id: '1234567890', nombres: 'Ana', apellidos: 'Pérez', genero: 'Femenino' }],
};
const PAGE = {
  type: 'object',
  properties: {
    limite: {
      type: 'string',
      pattern: `^([1-9][0-9]{0,2}|${LIMIT_MAX})$`,
      description: `Cuántos formularios como máximo, de 1 a ${LIMIT_MAX}; sin él, todos`,
    },
    desde: { type: 'string', description: 'Solo los que siguen a este id' },
  },
};
const said = (description: string): object => ({
  description,
  type: 'object',
  properties: { status: { type: 'string', enum: ['ok', 'error'] }, message: { type: 'string' } },
});
const BAD = { 400: said('La petición no es válida') };
const UNAVAILABLE = { 503: said('No hay líder, o no se ha replicado en los nodos pedidos: intente de nuevo') };
const LIST = { 200: { description: 'Los formularios', type: 'array', items: FORM }, ...BAD, ...UNAVAILABLE };

export const VERIFY = {
  tags,
  summary: 'Si hay un formulario con este id',
  params: WITH_ID,
  response: { 200: said('Si ya existe o no'), ...BAD, ...UNAVAILABLE },
};
export const TAKE = {
  tags,
  summary: 'Ingresa un formulario',
  headers: IDEMPOTENCY,
  body: FORM,
  response: { 201: said('Ingresado'), 409: said('Ya existe'), 413: said('Demasiado grande'), ...BAD, ...UNAVAILABLE },
};
export const ONE = {
  tags,
  summary: 'Un formulario',
  params: WITH_ID,
  response: { 200: { description: 'El formulario', ...FORM }, 404: said('No existe'), ...BAD, ...UNAVAILABLE },
};
export const ALL = { tags, summary: 'Todos los formularios, por orden de id', querystring: PAGE, response: LIST };
export const BY_GENERO = {
  tags,
  summary: 'Los formularios con exactamente este genero',
  querystring: PAGE,
  response: LIST,
};
