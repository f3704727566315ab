//! What a lab's VM shows: a gradient with a bar that moves with each frame, the pointer, and the last keys in hexadecimal.

use std::collections::VecDeque;

/// Pixels of a line.
pub(super) const WIDTH: u16 = 320;
/// Lines.
pub(super) const HEIGHT: u16 = 200;
/// Keys that fit on the screen.
const KEYS: usize = 9;
/// Pixels of a dot of a digit.
const DOT: u16 = 2;
/// Where the keys are written.
const KEYS_TOP: u16 = 160;
const KEYS_LEFT: u16 = 8;

/// The 16 digits, 3 dots wide and 5 high, a line in 3 bits, the top line first.
const DIGITS: [u16; 16] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
    0b010_101_111_101_101,
    0b110_101_110_101_110,
    0b011_100_100_100_011,
    0b110_101_101_101_110,
    0b111_100_110_100_111,
    0b111_100_110_100_100,
];

/// The screen of one VM for one viewer.
#[derive(Debug)]
pub(super) struct Picture {
    frame: u16,
    tint: u8,
    keys: VecDeque<u32>,
    pointer: (u16, u16),
}

impl Picture {
    /// The first frame. VMs of different names have different colours.
    pub(super) fn new(name: &str) -> Self {
        let tint = name
            .bytes()
            .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        Self {
            frame: 0,
            tint,
            keys: VecDeque::new(),
            pointer: (u16::MAX, u16::MAX),
        }
    }

    /// The next frame.
    pub(super) fn advance(&mut self) {
        self.frame = (self.frame + 4) % WIDTH;
    }

    /// A key was pressed.
    pub(super) fn type_key(&mut self, keysym: u32) {
        self.keys.push_back(keysym);
        if self.keys.len() > KEYS {
            self.keys.pop_front();
        }
    }

    /// The pointer is here.
    pub(super) fn point(&mut self, x: u16, y: u16) {
        self.pointer = (x, y);
    }

    /// The colour of a pixel.
    pub(super) fn at(&self, x: u16, y: u16) -> [u8; 3] {
        if x.abs_diff(self.pointer.0) < 3 && y.abs_diff(self.pointer.1) < 3 {
            return [255, 0, 0];
        }
        if self.is_key_dot(x, y) {
            return [255, 255, 255];
        }
        if (x + WIDTH - self.frame) % WIDTH < 12 {
            return [255, 200, 0];
        }
        [(x * 4 / 5) as u8, y as u8, self.tint]
    }

    /// Keys stand side by side, each as the low four digits of its keysym.
    fn is_key_dot(&self, x: u16, y: u16) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(KEYS_LEFT), y.checked_sub(KEYS_TOP)) else {
            return false;
        };
        let (column, line) = (x / DOT, y / DOT);
        // A digit takes 4 dots with its gap, a key 4 digits and a gap of one dot.
        let (key, column) = (column / 17, column % 17);
        let (digit, column) = (column / 4, column % 4);
        if digit > 3 || column > 2 || line > 4 {
            return false;
        }
        let Some(keysym) = self.keys.get(usize::from(key)) else {
            return false;
        };
        let value = keysym >> (4 * (3 - digit)) & 0xf;
        let dots = DIGITS.get(value as usize).copied().unwrap_or_default();
        dots >> (14 - line * 3 - column) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(picture: &Picture) -> Vec<[u8; 3]> {
        (0..HEIGHT)
            .flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
            .map(|(x, y)| picture.at(x, y))
            .collect()
    }

    #[test]
    fn each_frame_and_each_key_changes_the_picture() {
        let mut picture = Picture::new("vm");
        let first = all(&picture);
        picture.advance();
        let second = all(&picture);
        assert_ne!(first, second);
        picture.type_key(0x61);
        let third = all(&picture);
        assert_ne!(second, third);
        picture.type_key(0xff0d);
        assert_ne!(third, all(&picture));
        for key in 0..100 {
            picture.type_key(key);
        }
        assert_eq!(picture.keys.len(), KEYS);
        picture.point(5, 5);
        assert_eq!(picture.at(5, 5), [255, 0, 0]);
    }
}
