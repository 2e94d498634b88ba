//! The allocator: large blocks stand in large pages, all others are the system's.
//!
//! The columns of an answer are fresh memory each time, and the kernel takes as long to hand it
//! out in pages of 4 KiB as the decoder takes to fill it. The system's own allocator can ask for
//! large pages too, but only for all of a process, before it starts. Blocks go back at once:
//! nothing is kept that is not used.
#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        reason = "an allocator cannot be safe code; 1M rows of msgpack (case R1) come to pyarrow in 20 % less time"
    )
)]

#[cfg(not(target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: std::alloc::System = std::alloc::System;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: linux::LargePages = linux::LargePages;

#[cfg(target_os = "linux")]
mod linux {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::ptr::null_mut;

    /// Blocks from here on; the last page of one may be almost empty, so that it is two at least.
    const LARGE: usize = 2 * LARGE_PAGE;

    /// That of x86-64, and of aarch64 in its usual setting.
    const LARGE_PAGE: usize = 2 << 20;

    /// What a mapping is aligned to on every system.
    const SMALL_PAGE: usize = 4096;

    pub(super) struct LargePages;

    // SAFETY: a layout says by itself whose block it is, since it comes back as it was: all of
    // `System` go back to `System`, all mapped ones are unmapped with the length that they were
    // mapped with. Mappings are aligned to pages, never overlap, and stay until they are unmapped.
    unsafe impl GlobalAlloc for LargePages {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller's promise is the same.
                unsafe { System.alloc(layout) }
            }
        }

        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller's promise is the same.
                unsafe { System.alloc_zeroed(layout) }
            }
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            if is_large(layout) {
                // SAFETY: the block is a mapping of that length, and nobody uses it any more.
                unsafe { libc::munmap(block.cast(), mapped(layout.size())) };
            } else {
                // SAFETY: the block is one of `System`.
                unsafe { System.dealloc(block, layout) };
            }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: the caller promises that the new size is one of a layout.
            let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            match (is_large(layout), is_large(new)) {
                // SAFETY: the block is one of `System`, and stays one.
                (false, false) => unsafe { System.realloc(block, layout, size) },
                (true, true) => remap(block, layout.size(), size),
                // SAFETY: as the caller promises.
                _ => unsafe { self.exchange(block, layout, new) },
            }
        }
    }

    impl LargePages {
        /// Moves a block from the one kind to the other.
        #[cold]
        unsafe fn exchange(&self, block: *mut u8, layout: Layout, new: Layout) -> *mut u8 {
            // SAFETY: the old block has its layout and is not used after it; the new one, if there
            // is one, is another block, and both are at least as long as what is copied.
            unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, layout.size().min(new.size()));
                    self.dealloc(block, layout);
                }
                moved
            }
        }
    }

    #[inline]
    fn is_large(layout: Layout) -> bool {
        layout.size() >= LARGE && layout.align() <= SMALL_PAGE
    }

    /// The length of the mapping for a block. Sizes of layouts end far below `usize::MAX`.
    fn mapped(size: usize) -> usize {
        size.next_multiple_of(LARGE_PAGE)
    }

    /// Memory that is zero, or null. Only an aligned mapping has a large page at its start.
    #[cold]
    fn map(size: usize) -> *mut u8 {
        let length = mapped(size);
        let block = fresh(length);
        if !block.is_null() && block.align_offset(LARGE_PAGE) != 0 {
            // Kernels before 6.7 align to small pages.
            unmap(block, 0, length);
            return map_aligned(length);
        }
        advise(block, length);
        block
    }

    /// Maps a large page too much, and gives back what is before and after the aligned part.
    fn map_aligned(length: usize) -> *mut u8 {
        let whole = fresh(length + LARGE_PAGE);
        if whole.is_null() {
            return whole;
        }
        let before = whole.align_offset(LARGE_PAGE);
        unmap(whole, 0, before);
        unmap(whole, before + length, LARGE_PAGE - before);
        let block = whole.wrapping_add(before);
        advise(block, length);
        block
    }

    fn fresh(length: usize) -> *mut u8 {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping wherever the kernel likes touches no other memory.
        let block = unsafe { libc::mmap(null_mut(), length, access, kind, -1, 0) };
        if block == libc::MAP_FAILED {
            null_mut()
        } else {
            block.cast()
        }
    }

    fn unmap(block: *mut u8, start: usize, length: usize) {
        if length > 0 {
            // SAFETY: the range is a part of a mapping that was just made, and nobody knows it.
            unsafe { libc::munmap(block.wrapping_add(start).cast(), length) };
        }
    }

    fn advise(block: *mut u8, length: usize) {
        if !block.is_null() {
            // SAFETY: the range was just mapped; a kernel without large pages ignores the advice.
            unsafe { libc::madvise(block.cast(), length, libc::MADV_HUGEPAGE) };
        }
    }

    #[cold]
    fn remap(block: *mut u8, old: usize, new: usize) -> *mut u8 {
        let (old, new) = (mapped(old), mapped(new));
        if old == new {
            return block;
        }
        // SAFETY: the block is a mapping of that length; who asks for a move knows the old place
        // no longer, unless the answer is null.
        let moved = unsafe { libc::mremap(block.cast(), old, new, libc::MREMAP_MAYMOVE) };
        if moved == libc::MAP_FAILED {
            null_mut()
        } else {
            moved.cast()
        }
    }
}
