// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/** Checks what is deployed: the image, the compose stack, the objects for Kubernetes. */
@NullMarked
package io.beckon.deploy;

import org.jspecify.annotations.NullMarked;
