// Under which names the wizard keeps what was typed.
export const CODE = 'setup.code';
export const USERNAME = 'setup.username';
/** The beginning of the names of the first pool's fields. */
export const POOL = 'setup.pool';
