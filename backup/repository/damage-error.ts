/** Something in the repository is not what was written: named, never restored. */
export class DamageError extends Error {
  /** The file, from the repository's folder. */
  readonly file: string;

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(`${file} is damaged: ${what}`, options);
    this.name = 'DamageError';
    this.file = file;
  }
}
