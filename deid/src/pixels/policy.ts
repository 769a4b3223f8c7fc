/** A rectangle in pixels of a frame, the corner at the top left is 0, 0. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The device and kind of image that a mask is for; what is not given fits all. Texts are compared as they are. */
export interface DeviceSignature {
  readonly modality?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly sopClassUID?: string;
  readonly rows?: number;
  readonly columns?: number;
}

/** Where a device writes who the patient is. */
export interface MaskRule {
  readonly device: DeviceSignature;
  readonly rectangles: readonly Rectangle[];
}

/** What a profile does with images whose pixels may show who the patient is. */
export interface PixelPolicy {
  /** `review` and `mask` apply the masks below; `mask` also takes ultrasound regions; both hold what nothing tells how to mask. */
  readonly atRisk: 'exclude' | 'review' | 'mask' | 'pass';
  readonly masks: readonly MaskRule[];
}
