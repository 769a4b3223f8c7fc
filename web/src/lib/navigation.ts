import type { Permission } from '@viaduct/domain';
import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left';
import FolderKanban from '@lucide/svelte/icons/folder-kanban';
import LayoutDashboard from '@lucide/svelte/icons/layout-dashboard';
import ListChecks from '@lucide/svelte/icons/list-checks';
import ListOrdered from '@lucide/svelte/icons/list-ordered';
import RadioTower from '@lucide/svelte/icons/radio-tower';
import Server from '@lucide/svelte/icons/server';
import ScanEye from '@lucide/svelte/icons/scan-eye';
import ScanSearch from '@lucide/svelte/icons/scan-search';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import { frame } from './words/frame.ts';

/** The left navigation: what exists, in its groups. `needs`: one of these permissions, none where everyone may. */
export const NAVIGATION: readonly {
  readonly label: string;
  readonly items: readonly { href: string; label: string; icon: typeof Server; needs: readonly Permission[] }[];
}[] = [
  {
    label: frame.groups.work,
    items: [
      { href: '/', label: frame.pages.dashboard, icon: LayoutDashboard, needs: [] },
      { href: '/transfer', label: frame.pages.transfer, icon: ArrowRightLeft, needs: ['transfer'] },
      { href: '/jobs', label: frame.pages.jobs, icon: ListChecks, needs: [] },
    ],
  },
  {
    label: frame.groups.privacy,
    items: [
      { href: '/profiles', label: frame.pages.profiles, icon: ShieldCheck, needs: ['transfer'] },
      { href: '/preview', label: frame.pages.preview, icon: ScanSearch, needs: ['transfer'] },
      { href: '/review', label: frame.pages.review, icon: ScanEye, needs: ['view-identified'] },
    ],
  },
  {
    label: frame.groups.operate,
    items: [
      { href: '/queue', label: frame.pages.queue, icon: ListOrdered, needs: ['operate'] },
      { href: '/nodes', label: frame.pages.nodes, icon: Server, needs: ['manage-nodes', 'operate'] },
      { href: '/receiver', label: frame.pages.receiver, icon: RadioTower, needs: ['manage-nodes'] },
    ],
  },
  {
    label: frame.groups.admin,
    items: [{ href: '/projects', label: frame.pages.projects, icon: FolderKanban, needs: ['manage-projects'] }],
  },
];

/** The groups and entries that a person with these permissions may use. */
export function navigationFor(permissions: readonly Permission[]): typeof NAVIGATION {
  return NAVIGATION.map((group) => ({
    ...group,
    items: group.items.filter(({ needs }) => needs.length === 0 || needs.some((need) => permissions.includes(need))),
  })).filter((group) => group.items.length > 0);
}
