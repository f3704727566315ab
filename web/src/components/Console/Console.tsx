// The screen and the keyboard of a VM or of a host, in the page. noVNC comes with this file, so load it lazily.
import { Button, Flex, FlexItem, Label, Spinner, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useMay } from '../../api/permissions.ts';
import { Alert } from '../Alert.tsx';
import { TypeText } from './TypeText.tsx';
import { useScreen, type ScreenState } from './useScreen.ts';

const COLOURS = { off: 'grey', connecting: 'blue', open: 'green', lost: 'orange' } as const satisfies Record<ScreenState, string>;

interface Props {
  /** Of the VM, or of the host's control domain. */
  id: string;
  name: string;
  isRunning: boolean;
  /** Where this console has a window of its own; without, it is there already. */
  ownWindow?: string;
  /** More buttons. */
  children?: ReactNode;
}

export default function Console({ id, name, isRunning, ownWindow, children }: Props) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const [isScaled, setScaled] = useState(true);
  const [isTyping, setTyping] = useState(false);
  const may = useMay([id]);
  const isForbidden = may !== undefined && !may(id, 'operate');
  const screen = useScreen(target, id, isRunning && may?.(id, 'operate') === true, isScaled);
  const isOpen = screen.state === 'open';
  return (
    <div ref={frame} className="xo-console">
      <Flex spaceItems={{ default: 'spaceItemsSm' }} className="xo-console-bar">
        <FlexItem>
          <Label color={COLOURS[screen.state]} role="status" {...(screen.state === 'connecting' && { icon: <Spinner isInline aria-hidden /> })}>
            {t(`console.state.${screen.state}`)}
          </Label>
        </FlexItem>
        <ToggleGroup aria-label={t('console.size')} isCompact>
          <ToggleGroupItem text={t('console.fit')} isSelected={isScaled} onChange={() => setScaled(true)} />
          <ToggleGroupItem text="1:1" isSelected={!isScaled} onChange={() => setScaled(false)} />
        </ToggleGroup>
        <Button size="sm" variant="secondary" isDisabled={!isOpen} onClick={screen.ctrlAltDel}>
          Ctrl+Alt+Del
        </Button>
        <Button size="sm" variant="secondary" isDisabled={!isOpen} onClick={() => setTyping(true)}>
          {t('console.type')}
        </Button>
        <Button size="sm" variant="secondary" onClick={() => void frame.current?.requestFullscreen()}>
          {t('console.full')}
        </Button>
        {ownWindow && (
          <Button size="sm" variant="secondary" onClick={() => window.open(ownWindow, `console-${id}`, 'popup,width=1060,height=860')}>
            {t('console.own')}
          </Button>
        )}
        {children}
      </Flex>
      {isForbidden && <Alert isInline variant="info" title={t('rights.noConsole')} />}
      {!isRunning && <Alert isInline variant="info" title={t('console.isOff', { name })} />}
      {screen.state === 'lost' && <Alert isInline isPlain variant="warning" title={t('console.lost')} />}
      <div ref={target} className="xo-screen" role="application" aria-label={t('console.screen', { name })} hidden={!isRunning} />
      {isTyping && <TypeText type={screen.type} onClose={() => setTyping(false)} />}
    </div>
  );
}
