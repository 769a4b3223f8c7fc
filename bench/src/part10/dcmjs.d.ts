/** What the benchmark uses of dcmjs, which brings no types. */
declare module 'dcmjs' {
  interface Data {
    readonly dict: Record<string, { readonly vr: string; Value: unknown[] }>;
    write(): ArrayBuffer;
  }
  const dcmjs: {
    readonly data: { readonly DicomMessage: { readFile(bytes: ArrayBuffer): Data } };
    readonly log: { setLevel(level: string): void };
  };
  export default dcmjs;
}
