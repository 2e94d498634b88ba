//! The allocator: large blocks use huge pages, and all others belong to the allocator of the
//! system.
//!
//! The columns of an answer are fresh memory each time. The kernel takes as long to provide it in
//! pages of 4 KiB as the decoder takes to fill it. The allocator of the system can request huge
//! pages too, but only for a whole process, before it starts. Blocks are released at once: no
//! unused memory is kept.
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

    /// Minimum size of blocks with huge pages. The last page of a block may be almost empty, so
    /// this is at least two pages.
    const LARGE: usize = 2 * LARGE_PAGE;

    /// The size of a huge page on x86-64, and on aarch64 with its usual setting.
    const LARGE_PAGE: usize = 2 << 20;

    /// The alignment of a mapping on every system.
    const SMALL_PAGE: usize = 4096;

    pub(super) struct LargePages;

    // SAFETY: a layout alone determines the owner of its block, because it is passed back
    // unchanged: blocks of `System` return to `System`, and mapped blocks are unmapped with the
    // length with which they were mapped. Mappings are aligned to pages, never overlap, and exist
    // until they are unmapped.
    unsafe impl GlobalAlloc for LargePages {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller guarantees the same.
                unsafe { System.alloc(layout) }
            }
        }

        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller guarantees the same.
                unsafe { System.alloc_zeroed(layout) }
            }
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            if is_large(layout) {
                // SAFETY: the block is a mapping of that length, and nothing uses it any more.
                unsafe { libc::munmap(block.cast(), mapped(layout.size())) };
            } else {
                // SAFETY: the block is one of `System`.
                unsafe { System.dealloc(block, layout) };
            }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: the caller guarantees that the new size is valid for a layout.
            let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            match (is_large(layout), is_large(new)) {
                // SAFETY: the block belongs to `System`, before and after.
                (false, false) => unsafe { System.realloc(block, layout, size) },
                (true, true) => remap(block, layout.size(), size),
                // SAFETY: guaranteed by the caller.
                _ => unsafe { self.exchange(block, layout, new) },
            }
        }
    }

    impl LargePages {
        /// Moves a block from one owner to the other.
        #[cold]
        unsafe fn exchange(&self, block: *mut u8, layout: Layout, new: Layout) -> *mut u8 {
            // SAFETY: the old block has its layout and is not used after it. The new one, if there
            // is one, is a different block, and both are at least as long as the copy.
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

    /// The length of the mapping for a block. The size of a layout is far below `usize::MAX`.
    fn mapped(size: usize) -> usize {
        size.next_multiple_of(LARGE_PAGE)
    }

    /// Memory that is zero, or null. Only an aligned mapping has a huge page at its start.
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

    /// Maps one huge page too much, and unmaps the parts before and after the aligned range.
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
        // SAFETY: a new mapping at an address that the kernel chooses touches no other memory.
        let block = unsafe { libc::mmap(null_mut(), length, access, kind, -1, 0) };
        if block == libc::MAP_FAILED {
            null_mut()
        } else {
            block.cast()
        }
    }

    fn unmap(block: *mut u8, start: usize, length: usize) {
        if length > 0 {
            // SAFETY: the range is a part of a mapping that was just made, and nothing refers to
            // it.
            unsafe { libc::munmap(block.wrapping_add(start).cast(), length) };
        }
    }

    fn advise(block: *mut u8, length: usize) {
        if !block.is_null() {
            // SAFETY: the range was just mapped. A kernel without huge pages ignores the advice.
            unsafe { libc::madvise(block.cast(), length, libc::MADV_HUGEPAGE) };
        }
    }

    #[cold]
    fn remap(block: *mut u8, old: usize, new: usize) -> *mut u8 {
        let (old, new) = (mapped(old), mapped(new));
        if old == new {
            return block;
        }
        // SAFETY: the block is a mapping of that length. The caller does not use the old address
        // any more, unless the result is null.
        let moved = unsafe { libc::mremap(block.cast(), old, new, libc::MREMAP_MAYMOVE) };
        if moved == libc::MAP_FAILED {
            null_mut()
        } else {
            moved.cast()
        }
    }
}
