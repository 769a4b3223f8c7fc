export { DEMO_STUDIES, writeDemoStudies } from './demo.ts';
export type { Attributes, InstancePlan, Patient, SeriesPlan, StudyPlan } from './plan.ts';
export { createRandom, uidOf, type Random } from './random.ts';
export { testStudy, writeStudy, type TestStudyOptions } from './testStudy.ts';
export { writePlan, type WrittenInstance, type WrittenStudy } from './write.ts';
