//! Uses huge pages for large allocations. With huge pages, the kernel provides and clears 2 MiB at
//! each page fault, instead of 4 KiB.
//!
//! [`HugePages`] is a global allocator for programs that receive large answers. [`HugePages`] maps
//! blocks of 4 MiB or more itself. When such a block is freed, it is unmapped at once, so that no
//! unused memory is kept. Smaller blocks come from the system allocator. The system allocator can
//! also use huge pages, but only for a whole process. Huge pages for a whole process must be
//! enabled before the process starts. [`advise`] requests huge pages for memory from other
//! allocators. On systems other than Linux, [`HugePages`] is the system allocator, and [`advise`]
//! does nothing.
#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        reason = "an allocator cannot be safe code, and there is no safe madvise; 1M rows of msgpack \
            (case R1) reach pyarrow in 20 % less time"
    )
)]

/// The size of a huge page, both on x86-64 and on aarch64 in its usual configuration.
pub const HUGE_PAGE: usize = 2 << 20;

/// The size of the smallest allocation that gets huge pages. The minimum is two huge pages, because
/// the last page of an allocation may be almost empty.
pub const LARGE: usize = 2 * HUGE_PAGE;

#[cfg(target_os = "linux")]
pub use linux::{HugePages, advise};
#[cfg(not(target_os = "linux"))]
pub use std::alloc::System as HugePages;

/// Does nothing, because only Linux supports advice about huge pages.
#[cfg(not(target_os = "linux"))]
pub fn advise(_: *const u8, _: usize) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::ptr::null_mut;

    use super::{HUGE_PAGE, LARGE};

    /// The alignment in bytes that mappings have at least, on every system.
    const SMALL_PAGE: usize = 4096;

    /// A global allocator that uses huge pages for allocations of 4 MiB and more.
    #[derive(Debug)]
    pub struct HugePages;

    /// Asks the kernel to use huge pages for all pages of a block of memory. The first and the last
    /// page are included even if they also hold other data. If the advice covered only a part of a
    /// mapping, the kernel would split it into two mappings, which cannot grow as one. A kernel
    /// without huge pages ignores the request.
    ///
    /// Any address is allowed as `block`, because the advice changes how the kernel backs a page,
    /// and never changes the content of the page.
    pub fn advise(block: *const u8, size: usize) {
        let before = block.addr() % SMALL_PAGE;
        let pages = (before + size).next_multiple_of(SMALL_PAGE);
        let start = block.wrapping_sub(before).cast_mut();
        // SAFETY: the advice does not change the contents of the pages, no matter who owns them.
        // The kernel refuses addresses that are not mapped.
        unsafe { libc::madvise(start.cast(), pages, libc::MADV_HUGEPAGE) };
    }

    // SAFETY: the layout alone determines whether a block comes from `System` or is mapped, and the
    // caller passes the same layout when it frees the block. Therefore all blocks from `System` are
    // returned to `System`, and all mapped blocks are unmapped with the length with which they were
    // mapped. Mappings are aligned to pages, never overlap, and exist until they are unmapped.
    unsafe impl GlobalAlloc for HugePages {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller guarantees what `System` requires.
                unsafe { System.alloc(layout) }
            }
        }

        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            if is_large(layout) {
                map(layout.size())
            } else {
                // SAFETY: the caller guarantees what `System` requires.
                unsafe { System.alloc_zeroed(layout) }
            }
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            if is_large(layout) {
                // SAFETY: the block is a mapping of this length, and nothing uses the block any
                // more.
                unsafe { libc::munmap(block.cast(), mapped(layout.size())) };
            } else {
                // SAFETY: the block was allocated by `System`.
                unsafe { System.dealloc(block, layout) };
            }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: the caller guarantees that the new size and the old alignment form a valid
            // layout.
            let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            match (is_large(layout), is_large(new)) {
                // SAFETY: both the old and the new block belong to `System`.
                (false, false) => unsafe { System.realloc(block, layout, size) },
                (true, true) => remap(block, layout.size(), size),
                // SAFETY: the caller guarantees that the block was allocated with this layout.
                _ => unsafe { self.exchange(block, layout, new) },
            }
        }
    }

    impl HugePages {
        /// Moves the content of a block from `System` to a mapping, or from a mapping to `System`.
        #[cold]
        unsafe fn exchange(&self, block: *mut u8, layout: Layout, new: Layout) -> *mut u8 {
            // SAFETY: the old block was allocated with `layout`, and is not used after its content
            // was moved. The new block, if it could be allocated, does not overlap the old block.
            // Both blocks are at least as long as the copied bytes.
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

    /// Returns the length of the mapping for a block of `size` bytes. The calculation cannot
    /// overflow, because the size of a layout is far below `usize::MAX`.
    fn mapped(size: usize) -> usize {
        size.next_multiple_of(HUGE_PAGE)
    }

    /// Maps zeroed memory at an address that is aligned to huge pages, because a huge page can
    /// start only there. Returns null if the kernel refuses.
    #[cold]
    fn map(size: usize) -> *mut u8 {
        let length = mapped(size);
        let block = fresh(length);
        if !block.is_null() && block.align_offset(HUGE_PAGE) != 0 {
            // Linux kernels before 6.7 align mappings only to small pages.
            unmap(block, 0, length);
            return map_aligned(length);
        }
        if !block.is_null() {
            advise(block, length);
        }
        block
    }

    /// Maps aligned memory by mapping one huge page more than needed, and unmapping the parts
    /// before and after the aligned part.
    fn map_aligned(length: usize) -> *mut u8 {
        let whole = fresh(length + HUGE_PAGE);
        if whole.is_null() {
            return whole;
        }
        let before = whole.align_offset(HUGE_PAGE);
        unmap(whole, 0, before);
        unmap(whole, before + length, HUGE_PAGE - before);
        let block = whole.wrapping_add(before);
        advise(block, length);
        block
    }

    fn fresh(length: usize) -> *mut u8 {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address that the kernel chooses does not touch other memory.
        let block = unsafe { libc::mmap(null_mut(), length, access, kind, -1, 0) };
        if block == libc::MAP_FAILED {
            null_mut()
        } else {
            block.cast()
        }
    }

    fn unmap(block: *mut u8, start: usize, length: usize) {
        if length > 0 {
            // SAFETY: the range is part of a mapping that was just made, and nothing refers to the
            // range.
            unsafe { libc::munmap(block.wrapping_add(start).cast(), length) };
        }
    }

    #[cold]
    fn remap(block: *mut u8, old: usize, new: usize) -> *mut u8 {
        let (old, new) = (mapped(old), mapped(new));
        if old == new {
            return block;
        }
        // SAFETY: the block is a mapping of the length `old`. The caller no longer uses the old
        // address, unless the result is null.
        let moved = unsafe { libc::mremap(block.cast(), old, new, libc::MREMAP_MAYMOVE) };
        if moved == libc::MAP_FAILED {
            null_mut()
        } else {
            moved.cast()
        }
    }
}
