// What comes of the description of a VM, and what speaks against it.
import { Card, CardBody, CardFooter, CardTitle, DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm, List, ListItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Sr, VmTemplate } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { Alert } from '../../components/Alert.tsx';
import { containing, NOTHING } from '../../components/filterText.ts';
import { freeOf, hostOf } from '../../components/storage.ts';
import { bytes } from '../../components/units.ts';
import { isFatal, namesOf, type Draft, type Flaw } from './draft.ts';
import { boundTo } from './places.ts';

interface Props {
  draft: Draft;
  template: VmTemplate | undefined;
  /** The sizes of the disks that it brings. */
  brought: readonly number[];
  flaws: readonly Flaw[];
  /** The storage of the pool. */
  srs: readonly Sr[];
  defaultSr: string | undefined;
  children: ReactNode;
}

const SHOWN = 5;

export function Summary({ draft, template, brought, flaws, srs, defaultSr, children }: Props) {
  const { t } = useTranslation();
  const within = draft.pool ? containing('$pool', draft.pool) : NOTHING;
  const { rows: hosts } = useAll('hosts', within, ['id', 'name_label', 'cpus', 'memory', 'enabled']);
  const names = namesOf(draft);
  const disks = [...draft.disks.map(({ size }) => size), ...brought].reduce((sum, size) => sum + size, 0);

  const warnings: string[] = [];
  for (const sr of srs) {
    const asked = draft.copies * draft.disks.filter((disk) => (disk.sr || defaultSr) === sr.id).reduce((sum, disk) => sum + disk.size, 0);
    const on = hosts.find(({ id }) => id === hostOf(sr))?.name_label;
    const name = on === undefined ? sr.name_label : t('storage.on', { name: sr.name_label, host: on });
    if (asked > freeOf(sr)) warnings.push(t('create.tooSmall', { name, size: bytes(freeOf(sr)) }));
  }
  const nameOf = (id: string | undefined) => hosts.find((host) => host.id === id)?.name_label ?? '…';
  const bound = boundTo(draft, { srs, defaultSr, template });
  const [only] = bound;
  if (bound.length > 1) warnings.push(t('create.noHostReaches', { hosts: bound.map(nameOf).join(', ') }));
  else if (only !== undefined && draft.host && draft.host !== only) warnings.push(t('create.otherHost', { bound: nameOf(only), host: nameOf(draft.host) }));
  const wanted = only ?? draft.host;
  const free = Math.max(0, ...hosts.filter((host) => host.enabled && (!wanted || host.id === wanted)).map((host) => host.memory.size - host.memory.usage));
  if (draft.boot && hosts.length > 0 && draft.memory > free) warnings.push(t('create.noMemory', { size: bytes(free) }));
  const cores = Math.max(0, ...hosts.map((host) => host.cpus.cores));
  if (hosts.length > 0 && draft.cpus > cores) warnings.push(t('create.manyCpus', { count: cores }));
  if (draft.networks.length === 0) warnings.push(t('create.noNetwork'));
  if (flaws.includes('nothingToBoot')) warnings.push(t('create.flaw.nothingToBoot'));

  return (
    <Card isCompact>
      <CardTitle component="h2">{t('create.summary')}</CardTitle>
      <CardBody className="xo-part">
        <List isPlain>
          {names.slice(0, SHOWN).map((name) => (
            <ListItem key={name}>
              <strong>{name || '–'}</strong>
            </ListItem>
          ))}
          {names.length > SHOWN && <ListItem>{t('confirm.more', { count: names.length - SHOWN })}</ListItem>}
        </List>
        <DescriptionList isHorizontal isCompact>
          {(
            [
              ['create.template', template?.name_label ?? '–'],
              ['column.cpus', draft.cpus * draft.copies],
              ['column.memory', bytes(Math.max(0, draft.memory * draft.copies))],
              ['noun.vdis', bytes(Math.max(0, disks * draft.copies))],
              ['nics.label', draft.networks.length * draft.copies],
            ] as const
          ).map(([label, value]) => (
            <DescriptionListGroup key={label}>
              <DescriptionListTerm>{t(label)}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
        {flaws.some(isFatal) && (
          <Alert isInline isPlain variant="info" title={t('create.missing')}>
            <List>
              {flaws.filter(isFatal).map((flaw) => (
                <ListItem key={flaw}>{t(`create.flaw.${flaw}`)}</ListItem>
              ))}
            </List>
          </Alert>
        )}
        {warnings.map((warning) => (
          <Alert key={warning} isInline isPlain variant="warning" title={warning} />
        ))}
      </CardBody>
      <CardFooter>{children}</CardFooter>
    </Card>
  );
}
