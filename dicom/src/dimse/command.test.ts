import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND, decodeCommand, encodeCommand } from './command.ts';
import { DimseError } from './errors.ts';

describe('the command set codec', () => {
  it('writes a C-ECHO-RQ as PS3.7 §9.3.5.1 lays it out', () => {
    const bytes = encodeCommand(
      { commandField: COMMAND.echoRequest, messageID: 7, affectedSOPClassUID: '1.2.840.10008.1.1' },
      false,
    );
    expect(bytes.toString('hex')).toBe(
      '000000000400000038000000' +
        '0000020012000000312e322e3834302e31303030382e312e3100' +
        '00000001020000003000' +
        '00001001020000000700' +
        '00000008020000000101',
    );
  });

  it('reads what it wrote', () => {
    const short = fc.integer({ min: 0, max: 0xffff });
    const uid = fc.stringMatching(/^[1-9][0-9.]{0,62}[0-9]$/);
    fc.assert(
      fc.property(
        fc.record(
          {
            commandField: short,
            messageID: short,
            status: short,
            affectedSOPInstanceUID: uid,
            failedSubOperations: short,
          },
          { requiredKeys: ['commandField'] },
        ),
        fc.boolean(),
        (command, hasDataSet) => {
          expect(decodeCommand(encodeCommand(command, hasDataSet))).toMatchObject({ ...command, hasDataSet });
        },
      ),
    );
  });

  it('keeps what it does not know in raw, also of other groups', () => {
    const failed = Buffer.from('0800580002000000', 'hex');
    const bytes = Buffer.concat([
      encodeCommand({ commandField: 0x8010, status: 0xa702 }, false),
      failed,
      Buffer.from('1\0'),
    ]);
    expect(decodeCommand(bytes).raw.get(0x00080058)?.toString()).toBe('1\0');
  });

  it.each([0, 1, 0xffffffff])('takes no notice of a group length of %i', (length) => {
    const bytes = encodeCommand({ commandField: COMMAND.echoRequest, messageID: 7 }, false);
    bytes.writeUInt32LE(length, 8);
    expect(decodeCommand(bytes)).toMatchObject({ commandField: COMMAND.echoRequest, messageID: 7 });
  });

  it('does not believe an element that is longer than the command set', () => {
    const bytes = encodeCommand({ commandField: COMMAND.echoRequest, messageID: 7 }, false);
    bytes.writeUInt32LE(0xffffffff, 16);
    expect(() => decodeCommand(bytes)).toThrow(DimseError);
  });

  it('never fails untyped on junk', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCommand(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DimseError);
        }
      }),
    );
  });
});
