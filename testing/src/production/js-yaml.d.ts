/** The package brings no types; this is the part of it that is used here. */
declare module 'js-yaml' {
  export function load(text: string): unknown;
}
