import { error, fail, redirect } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { checkSchedule, scheduleIn, scheduleOf, scheduleValues } from '#lib/forms/schedule.ts';
import { JOB_FIELDS, modalitiesOf, modalitiesProblem, pseudonymProblem } from '#lib/forms/transfer.ts';
import { problemErrors } from '#lib/problems.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { valuesOf } from '#lib/server/form.ts';
import { timeZones } from '#lib/server/zones.ts';
import { faults } from '#lib/words/frame.ts';
import { jobs, jobTabs } from '#lib/words/jobs.ts';
import { knownZone } from '#lib/format.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { id } = event.params;
  const client = api(event);
  const [job, nodes, projects] = await Promise.all([
    client.GET('/api/v1/jobs/{id}', { params: { path: { id } } }),
    client.GET('/api/v1/nodes'),
    client.GET('/api/v1/projects'),
  ]);
  const found = must(job);
  if (!found.actions.includes('clone')) error(403, { message: faults.forbidden, todo: found.whyNot.clone });
  const named = ({ id, name }: { id: string; name: string }) => ({ id, name });
  const permissions = event.locals.session?.permissions ?? [];
  return {
    crumbs: [
      { label: jobs.title, href: '/jobs' },
      { label: jobs.one(found.number), href: `/jobs/${id}` },
      { label: jobTabs.clone.short },
    ],
    job: found,
    values: {
      title: found.title,
      projectId: found.project.id,
      destinationId: found.destination.id,
      pseudonymize: found.pseudonymize ? 'on' : '',
      pseudonym: '',
      trialId: found.trialId,
      trialName: found.trialName,
      excludeModalities: found.excludeModalities.join(', '),
      urgent: found.urgent ? 'on' : '',
    },
    schedule: scheduleValues(found.schedule, knownZone(event.cookies.get('zone'))),
    destinations: must(nodes)
      .items.filter((node) => node.mayDestination)
      .map(named),
    projects: must(projects).items.map(named),
    mayIdentify: permissions.includes('transfer-identified'),
    mayUrgent: permissions.includes('transfer-urgent'),
    zones: timeZones(),
    key: crypto.randomUUID(),
  };
};

export const actions: Actions = {
  default: async (event) => {
    const form = await event.request.formData();
    const values = valuesOf(form);
    const schedule = scheduleIn(form);
    const zone = textOf(form, 'zone');
    const { pseudonym = '', title = '', projectId = '', destinationId = '', trialId = '', trialName = '' } = values;
    const pseudonymize = form.has('pseudonymize') || !event.locals.session?.permissions.includes('transfer-identified');
    const errors = checkSchedule(schedule, zone);
    const excludeModalities = pseudonymize ? modalitiesOf(values['excludeModalities'] ?? '') : [];
    const odd = modalitiesProblem(excludeModalities);
    if (odd) errors['excludeModalities'] = odd;
    const wrong = pseudonymize && pseudonym ? pseudonymProblem(pseudonym) : undefined;
    if (wrong) errors['pseudonym'] = wrong;
    if (Object.keys(errors).length > 0) return fail(400, { values, schedule, errors });
    const answered = await api(event).POST('/api/v1/jobs/{id}/clones', {
      params: { path: { id: event.params.id }, header: { 'idempotency-key': values['key'] ?? crypto.randomUUID() } },
      body: {
        title,
        projectId,
        destinationId,
        pseudonymize,
        ...(pseudonymize && pseudonym ? { pseudonym } : {}),
        trialId,
        trialName,
        excludeModalities,
        urgent: form.has('urgent'),
        schedule: scheduleOf(schedule, zone),
      },
    });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { values, schedule, errors: problemErrors(problem, JOB_FIELDS) });
    redirect(303, `/jobs/${answered.data?.id}`);
  },
};
