/** What a person may do. Deny by default: what is not listed for a role is refused. */
export const PERMISSIONS = [
  'search',
  'transfer',
  'transfer-identified',
  'transfer-urgent',
  'view-identified',
  'operate',
  'manage-nodes',
  'manage-projects',
  'administer',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The roles of this release; groups with rights per node refine them later. */
export const ROLES = ['administrator', 'operator', 'researcher'] as const;
export type Role = (typeof ROLES)[number];

const GRANTED: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: PERMISSIONS,
  operator: [
    'search',
    'transfer',
    'transfer-identified',
    'transfer-urgent',
    'view-identified',
    'operate',
    'manage-nodes',
  ],
  researcher: ['search', 'transfer', 'view-identified'],
};

/** The person on whose behalf something is asked. */
export interface Actor {
  readonly userId: string;
  readonly role: Role;
}

/** Whether the actor holds a permission. */
export function may(actor: Actor, permission: Permission): boolean {
  return GRANTED[actor.role]?.includes(permission) ?? false;
}

/** Whether the actor may see and act on a job: its owner and everyone who operates. */
export function mayActOnJob(actor: Actor, job: { readonly ownerId: string }): boolean {
  return actor.userId === job.ownerId || may(actor, 'operate');
}
