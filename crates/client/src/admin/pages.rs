//! Reads the lists that the server returns page by page.

use std::fmt;
use std::pin::Pin;
use std::vec::IntoIter;

use crate::error::Error;

/// The number of objects on a page, which is the most that the server allows. The server's default
/// is 20.
pub(super) const PAGE: usize = 100;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The objects on the page.
    pub items: Vec<T>,
    /// The mark after which the next page begins, or `None` if this page is the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page that contains the whole list.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of a list in which `id` returns the mark of an object. The list may continue if the
    /// page is full.
    pub(super) fn of(items: Vec<T>, limit: usize, id: impl Fn(&T) -> &str) -> Self {
        let next = items.last().filter(|_| items.len() >= limit);
        let next = next.map(|item| id(item).to_owned());
        Self { items, next }
    }
}

type Fetching<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;
type Fetch<T> = Box<dyn Fn(Option<String>) -> Fetching<T> + Send + Sync>;

/// A list of objects, which is read page by page.
///
/// The list reads one page ahead. So the loop that reads the list may delete the objects that it
/// has received: the server continues a list after an object that still exists.
pub struct Pages<T> {
    fetch: Fetch<T>,
    items: IntoIter<T>,
    ahead: Ahead<T>,
}

enum Ahead<T> {
    NotBegun,
    Page(Page<T>),
    /// The page could not be read. The error is returned after the objects of the page before it.
    Failed(Error),
    End,
}

impl<T> Pages<T> {
    pub(super) fn new<F>(fetch: impl Fn(Option<String>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Page<T>, Error>> + Send + 'static,
    {
        Self {
            fetch: Box::new(move |mark| Box::pin(fetch(mark))),
            items: Vec::new().into_iter(),
            ahead: Ahead::NotBegun,
        }
    }

    /// Returns the next object, or `None` at the end of the list. After an error, the list ends.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            match self.turn().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Reads the whole list.
    ///
    /// # Errors
    ///
    /// Fails if the server refuses to list the objects, or cannot be reached.
    pub async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// Begins the page that was read ahead, and reads the page after it.
    async fn turn(&mut self) -> Result<bool, Error> {
        let page = match std::mem::replace(&mut self.ahead, Ahead::End) {
            Ahead::End => return Ok(false),
            Ahead::Failed(error) => return Err(error),
            Ahead::NotBegun => (self.fetch)(None).await?,
            Ahead::Page(page) => page,
        };
        if let Some(mark) = page.next {
            self.ahead = match (self.fetch)(Some(mark)).await {
                Ok(page) => Ahead::Page(page),
                Err(error) => Ahead::Failed(error),
            };
        }
        self.items = page.items.into_iter();
        Ok(true)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}
