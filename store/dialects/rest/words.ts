/** The sentences of the forms dialect, in Spanish: those of its definition, and ours in the same manner (forms specification, section 1). */

import type { Fault } from '../../../shared/http/fault';

/** A reply that is no form. */
export interface Said {
  status: 'ok' | 'error';
  message: string;
}

export const THERE: Said = { status: 'error', message: 'El registro ya existe en el sistema.' };
export const NOT_THERE: Said = { status: 'ok', message: 'El registro No existe en el sistema.' };
export const NONE: Said = { status: 'error', message: 'El registro No existe en el sistema.' };
export const TAKEN: Said = { status: 'ok', message: 'Registro ingresado correctamente.' };

/** The form is not in as many replicas as were wanted. */
export function tooFew(wanted: number): Said {
  return said(`El registro no se ha replicado en ${wanted} nodos.`);
}

export const NO_LEADER = said('No hay un nodo líder en este momento, intente de nuevo.');
export const BUSY = said('El nodo no puede responder en este momento, intente de nuevo.');
export const UNKNOWN = said(
  'No se sabe si el registro fue ingresado, intente de nuevo con la misma cabecera Idempotency-Key.',
);
export const UNSUITABLE = said('El formulario no se puede guardar.');
export const RESERVED = said('El atributo _id está reservado.');

const SENTENCES: Record<Exclude<Fault['code'], 'form'>, string> = {
  route: 'La ruta o el método no existe.',
  host: 'La petición no nombra a este servidor.',
  origin: 'No se aceptan peticiones de páginas de otros sitios.',
  'media-type': 'Se espera un cuerpo de tipo application/json.',
  'too-large': 'La petición es demasiado grande.',
  json: 'El cuerpo de la petición no es JSON válido.',
  http: 'La petición HTTP no es válida.',
  timeout: 'La petición no llegó a tiempo.',
  internal: 'Ha ocurrido un error interno.',
};

/** What a refused request is told. */
export function faultSaid({ code, invalid }: Fault): Said {
  if (code !== 'form') return said(SENTENCES[code]);
  const { part, found } = invalid!;
  const name = found.instancePath.slice(1);
  if (part === 'body' && name === '') {
    if (found.keyword === 'required') return said(`Falta el atributo ${found.params['missingProperty']}.`);
    return said('Se espera un formulario: un objeto JSON.');
  }
  if (name === 'id' && found.keyword !== 'type') return said('El id debe tener de 1 a 64 caracteres.');
  if (part === 'body') return said(`El atributo ${name} debe ser un texto.`);
  if (part === 'headers') return said('La cabecera Idempotency-Key debe tener de 1 a 255 caracteres.');
  if (name === 'limite') return said('El parámetro limite debe ser un número entero de 1 a 1000.');
  return said(`El parámetro ${name || 'dado'} no es válido.`);
}

function said(message: string): Said {
  return { status: 'error', message };
}
