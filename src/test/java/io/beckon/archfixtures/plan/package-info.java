/** Classes that break the architecture's rules on purpose, as if they were in {@code plan}. */
@NullMarked
package io.beckon.archfixtures.plan;

import org.jspecify.annotations.NullMarked;
