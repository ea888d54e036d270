// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

/**
 * The next visit of each user, the earliest first: a heap of numbers, 8 bytes a user. A visit is
 * its time since the beginning and, in the low bits, its user.
 */
final class VisitQueue {
  private static final int USER_BITS = 24;

  private final long[] heap;
  private int size;

  /** An empty queue with room for so many users, each with one visit at most. */
  VisitQueue(int users) {
    this.heap = new long[users];
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The time of the first visit since the beginning, in milliseconds. */
  long firstMs() {
    return heap[0] >>> USER_BITS;
  }

  /** The user of the first visit. */
  int firstUser() {
    return (int) (heap[0] & ((1L << USER_BITS) - 1));
  }

  void add(long sinceStartMs, int user) {
    long visit = sinceStartMs << USER_BITS | user;
    int at = size++;
    while (at > 0 && heap[(at - 1) / 2] > visit) {
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    heap[at] = visit;
  }

  void removeFirst() {
    long last = heap[--size];
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= last) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
}
