// The actions on some objects, as a menu: those that the state of none allows are greyed and say why; each can be copied as a command.
import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import EllipsisIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import i18next, { type TFunction } from 'i18next';
import { lazy, Suspense, useEffect, useId, useState, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { useMay } from '../api/permissions.ts';
import type { Collection, Collections } from '../api/types.ts';
import { allows, neededFor, type Action } from './action.ts';
import { actionsOf } from './index.ts';
import { useAction } from './useAction.tsx';
import type { Why } from './reasons.ts';
import { WhyNot } from './WhyNot.tsx';

const CopyCommands = lazy(() => import('./CopyCommands.tsx'));

interface Props<C extends Collection> {
  collection: C;
  objects: readonly Collections[C][];
  /** Shown on the button; without it, three dots. */
  label?: string;
  /** Of what these are the actions, for who cannot see where the button stands. */
  name?: string | undefined;
  /** Of devices: their VM does not run. */
  isOff?: boolean;
  /** What belongs to the object, whose actions are in the same menu. */
  also?: { collection: Collection; object: Collections[Collection] } | undefined;
}

/** Lists have one of these in each row: all but the button is made when that is pressed first. */
export function ActionMenu<C extends Collection>(props: Props<C>) {
  // It is drawn again with its row, also for another language.
  const { t } = i18next;
  const [wasPressed, setPressed] = useState(false);
  if (wasPressed) return <WholeMenu {...props} />;
  if (props.label) return <MenuToggle {...lookOf(props, t)} isExpanded={false} onClick={() => setPressed(true)} />;
  // As the one above draws it, without what that does and styles besides: a list that is scrolled makes hundreds a second.
  return (
    <button type="button" className="xo-dots" disabled={isEmpty(props)} aria-label={nameOf(props, t)} aria-expanded={false} onClick={() => setPressed(true)}>
      <EllipsisIcon />
    </button>
  );
}

const isEmpty = <C extends Collection>({ collection, objects }: Props<C>) => objects.length === 0 || actionsOf(collection).length === 0;

function nameOf<C extends Collection>({ objects, name = objects[0]?.name_label }: Props<C>, t: TFunction): string {
  return name === undefined ? t('action.menu') : t('act.menuOf', { name });
}

function lookOf<C extends Collection>(props: Props<C>, t: TFunction) {
  const { label } = props;
  const isDisabled = isEmpty(props);
  return label ? ({ variant: 'default', isDisabled, children: label } as const) : ({ variant: 'plain', isDisabled, 'aria-label': nameOf(props, t), icon: <EllipsisIcon /> } as const);
}

function WholeMenu<C extends Collection>(props: Props<C>) {
  const { collection, objects, also, isOff = false } = props;
  const { t } = useTranslation();
  const run = useAction();
  const [isOpen, setOpen] = useState(false);
  const [isCopying, setCopying] = useState(false);
  const [room, setRoom] = useState(0);
  const toggle = ({ currentTarget }: MouseEvent<HTMLElement>) => {
    setRoom(roomBeside(currentTarget));
    setOpen(!isOpen);
  };
  const id = useId();
  // This button is another one than what was pressed. It is pressed in its stead, after the event that pressed the first has gone its way: to
  // the menu, that was a click beside it.
  useEffect(() => {
    const timer = setTimeout(() => {
      const button = document.getElementById(id);
      button?.focus();
      button?.click();
    });
    return () => clearTimeout(timer);
  }, [id]);
  const may = useMay([...objects.map((object) => object.id), ...(also ? [also.object.id] : [])]);
  // What the state does not allow now is greyed; what the user may never do is not there.
  const own = actionsOf(collection).filter(
    (action) => !action.isInPlace && (action.bulk || objects.length === 1) && objects.some((object) => may?.(object.id, neededFor(action))),
  );
  const others = also ? actionsOf(also.collection).filter((action) => may?.(also.object.id, neededFor(action))) : [];
  const [first] = objects;
  const whyNot = (action: Action<C>): Why | undefined => {
    if (action.takesRunning && isOff) return t('why.off');
    return first && !objects.some((object) => allows(action, object)) ? action.whyNot?.(first) : undefined;
  };
  return (
    <>
      <Dropdown
        isOpen={isOpen}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        shouldFocusFirstItemOnOpen
        // A dialog that follows gives the focus back to what had it.
        shouldFocusToggleOnSelect
        // In the page itself, no pane cuts it.
        popperProps={{ position: 'right', appendTo: () => document.body }}
        className="xo-actions"
        isScrollable
        maxMenuHeight={`${room}px`}
        toggle={(ref) => <MenuToggle ref={ref} {...lookOf(props, t)} isExpanded={isOpen} id={id} onClick={toggle} />}
      >
        <DropdownList>
          {may && own.length + others.length === 0 && <DropdownItem isDisabled>{t('rights.nothing')}</DropdownItem>}
          {own.map((action) => (
            <Item key={action.id} action={action as Action} whyNot={whyNot(action)} onClick={() => run(action, objects, may)} />
          ))}
        </DropdownList>
        {also && others.length > 0 && (
          <>
            <Divider />
            <DropdownList>
              {others.map((action) => (
                <Item key={action.id} action={action} whyNot={action.whyNot?.(also.object)} onClick={() => run(action, [also.object])} />
              ))}
            </DropdownList>
          </>
        )}
        {objects.length === 1 && own.length > 0 && (
          <>
            <Divider />
            <DropdownList>
              <DropdownItem onClick={() => setCopying(true)}>{t('copy.menu')}</DropdownItem>
            </DropdownList>
          </>
        )}
      </Dropdown>
      {isCopying && first && (
        <Suspense>
          <CopyCommands actions={own.filter((action) => whyNot(action) === undefined) as Action[]} object={first} onClose={() => setCopying(false)} />
        </Suspense>
      )}
    </>
  );
}

function Item({ action, whyNot, onClick }: { action: Action; whyNot: Why | undefined; onClick: () => void }) {
  const { t } = useTranslation();
  const refused = whyNot !== undefined && { isAriaDisabled: true, description: <WhyNot why={whyNot} /> };
  return (
    <DropdownItem isDanger={action.danger === true} onClick={onClick} {...refused}>
      {t(action.label)}
    </DropdownItem>
  );
}

const EDGE = 24;
/** How high something above or below a button can be, wherever there is more room, in pixels. */
function roomBeside(button: Element): number {
  const { top, bottom } = button.getBoundingClientRect();
  return Math.max(top, window.innerHeight - bottom) - EDGE;
}
