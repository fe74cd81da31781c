//! Plans of any size, made by hand, and what their pages say.
