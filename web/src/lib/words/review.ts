import { countOf, images } from './count.ts';

/** Words of the review queue. */
export const review = {
  title: 'Review',
  intro:
    'Images whose pixels may show who the patient is. Their studies wait until somebody has looked at them, and then go on by themselves.',
  none: 'Nothing to look at',
  noneHelp: 'Images come here when a profile holds what may have a name burned in.',
  waiting: (count: number) => `${images(count)} to look at`,
  caption: 'Images that wait',
  columns: { image: 'Image', job: 'Job', why: 'Why', device: 'Device', since: 'Waits since' },
  image: (series: string, instance: string) => `Series ${series || '?'}, image ${instance || '?'}`,
  look: 'Look at them',
  heading: 'Image',
  picture: 'The image, each pixel as bright as it ever is in any frame',
  unseen: 'This image cannot be shown here: its compression or layout is unknown. It can only be rejected.',
  draw: 'Draw a box over everything that names somebody: drag over the image.',
  rectangles: 'What is blackened',
  rectanglesHelp: 'x, y, width, height in pixels; several separated by semicolons. Empty: nothing.',
  badRectangles: 'Four whole numbers for each: x, y, width, height.',
  clear: 'Remove all boxes',
  undo: 'Remove the last box',
  alike: (count: number) => `Also the ${images(count)} of this study of the same device and size`,
  remember: 'Remember as a rule for this device',
  rememberHelp: (project: string) =>
    `Becomes a mask of the profile of ${project}, and counts at once for all its images of this device and size.`,
  approve: 'Approve',
  approveWith: (boxes: number) =>
    boxes > 0 ? `Approve with ${countOf(boxes, 'box blackened', 'boxes blackened')}` : 'Approve as it is',
  reject: 'Reject: leave it out',
  approved: (count: number) => `${images(count)} approved.`,
  rejected: (count: number) => `${images(count)} rejected.`,
  remembered: (profile: string) => `The profile ${profile} remembers it.`,
  risks: {
    'burned-in-annotation': 'says that something is burned in',
    modality: 'modality that writes names into pictures',
    'sop-class': 'capture or ultrasound',
    'image-type': 'derived or captured',
    'conversion-type': 'digitised or captured',
    capture: 'was captured',
    overlay: 'something is drawn into unused bits of its pixels',
    compression: 'compressed so that nobody here can look into it',
  },
} as const;
