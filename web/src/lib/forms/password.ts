import { account } from '../words/account.ts';

/** The shortest password that is taken, in characters. */
export const SHORTEST_PASSWORD = 12;

/** The three fields of a change of password. */
export interface PasswordFields {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly again: string;
}

/** What is wrong with a change of password, by field; empty when nothing is. */
export function checkPassword({ currentPassword, newPassword, again }: PasswordFields): Record<string, string> {
  const text = account.password;
  const errors: Record<string, string> = {};
  if (!currentPassword) errors['currentPassword'] = text.missing;
  if (newPassword.length < SHORTEST_PASSWORD) errors['newPassword'] = text.short;
  else if (newPassword === currentPassword) errors['newPassword'] = text.same;
  else if (newPassword !== again) errors['again'] = text.differs;
  return errors;
}
