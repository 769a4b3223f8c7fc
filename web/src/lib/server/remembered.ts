import type { Cookies } from '@sveltejs/kit';

/** The cookie of the time zone that a person has chosen; without it the browser's is taken. */
export const CHOSEN_ZONE = 'zone-chosen';

const REMEMBERED = [/^nav$/, /^zone-chosen$/, /^columns\./, /^last\./];

/** Keeps something for a year. It holds no secret: pages read it as well. */
export function keepCookie(cookies: Cookies, name: string, value: string): void {
  cookies.set(name, value, { path: '/', httpOnly: false, sameSite: 'lax', maxAge: 31_536_000 });
}

/** Forgets what pages remember in this browser: choices only, the session stays. */
export function forgetCookies(cookies: Cookies): void {
  for (const { name } of cookies.getAll())
    if (REMEMBERED.some((kind) => kind.test(name))) cookies.delete(name, { path: '/', httpOnly: false });
}
