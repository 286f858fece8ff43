package io.promptmill.udf.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulerTest {
    private static final int BLOCK = 4;

    @Test
    void decodesBeforePromptsAndCutsPromptsToTheBatch() {
        Scheduler scheduler = new Scheduler(new BlockPool(100, BLOCK, false), 10, 8);
        Sequence first = new Sequence(tokens(1, 6), 20);
        Sequence second = new Sequence(tokens(2, 15), 20);
        scheduler.add(first);
        scheduler.add(second);
        List<Chunk> chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(first, 0, 6, true), new Chunk(second, 0, 4, false)), chunks);
        scheduler.completed(chunks);
        first.append(7);
        chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(first, 6, 1, true), new Chunk(second, 4, 9, false)), chunks);
        scheduler.completed(chunks);
        first.append(7);
        chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(first, 7, 1, true), new Chunk(second, 13, 2, true)), chunks);
    }

    @Test
    void aFreedPlaceIsTakenInTheNextStep() {
        Scheduler scheduler = new Scheduler(new BlockPool(100, BLOCK, false), 16, 2);
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            sequences.add(new Sequence(tokens(i, 3), 10));
            scheduler.add(sequences.get(i));
        }
        List<Chunk> chunks = scheduler.schedule();
        assertEquals(2, chunks.size());
        scheduler.completed(chunks);
        scheduler.remove(sequences.get(0));
        sequences.get(1).append(9);
        chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(sequences.get(1), 3, 1, true), new Chunk(sequences.get(2), 0, 3, true)), chunks);
    }

    @Test
    void reusesFullBlocksOfAnEarlierPromptButComputesTheLastToken() {
        BlockPool pool = new BlockPool(100, BLOCK, true);
        Scheduler scheduler = new Scheduler(pool, 64, 8);
        Sequence first = new Sequence(tokens(1, 12), 20);
        scheduler.add(first);
        scheduler.completed(scheduler.schedule());
        int[] shared = Arrays.copyOf(first.blockTable(), 3);
        scheduler.remove(first);
        assertEquals(100, pool.free());

        Sequence same = new Sequence(tokens(1, 12), 20);
        scheduler.add(same);
        // Of the third block the first three tokens are copied: the last one must be computed.
        assertEquals(List.of(new Chunk(same, 11, 1, true)), scheduler.schedule());
        assertEquals(shared[0], same.blockTable()[0]);
        assertEquals(shared[1], same.blockTable()[1]);
        assertEquals(List.of(new BlockCopy(shared[2], same.blockTable()[2])), scheduler.takeCopies());
        assertEquals(List.of(), scheduler.takeCopies());

        int[] other = tokens(1, 12);
        other[5]++;
        Sequence differing = new Sequence(other, 20);
        scheduler.add(differing);
        // The first sequence's chunk is not completed, so it is scheduled again beside the new one.
        List<Chunk> chunks = scheduler.schedule();
        assertTrue(chunks.contains(new Chunk(differing, 4, 8, true)), chunks.toString());
        assertEquals(8 + 3 + 4, scheduler.reusedTokens());
    }

    @Test
    void aBlockIsSharedOnlyAfterItsWholeBeginning() {
        BlockPool pool = new BlockPool(10, 2, true);
        Scheduler scheduler = new Scheduler(pool, 64, 8);
        Sequence first = new Sequence(new int[] {1, 2, 3, 4, 5}, 8);
        scheduler.add(first);
        scheduler.completed(scheduler.schedule());
        Sequence sameMiddle = new Sequence(new int[] {9, 9, 3, 4, 5}, 8);
        scheduler.add(sameMiddle);
        List<Chunk> chunks = scheduler.schedule();
        assertTrue(chunks.contains(new Chunk(sameMiddle, 0, 5, true)), chunks.toString());
    }

    @Test
    void promptsThatWaitTogetherComputeTheirSharedBeginningOnce() {
        Scheduler scheduler = new Scheduler(new BlockPool(1000, 16, true), 2048, 256);
        for (int i = 0; i < 64; i++) {
            scheduler.add(new Sequence(sharing(1, 512, 100 + i, 32), 600));
        }
        List<Chunk> first = step(scheduler);
        assertEquals(1, first.size());
        assertEquals(544, first.get(0).count());
        List<Chunk> second = step(scheduler);
        assertEquals(64, second.size());
        assertEquals(1 + 63 * 32, tokens(second));
        assertEquals(63 * 512, scheduler.reusedTokens());
    }

    /** Forks that wait find their parent's prompt in the cache, which nobody would have computed again. */
    @Test
    void forksThatWaitCountAsNoReuse() {
        Scheduler scheduler = new Scheduler(new BlockPool(100, BLOCK, true), 64, 2);
        Sequence parent = new Sequence(sharing(1, 12, 99, 0), 20);
        scheduler.add(parent);
        step(scheduler);
        for (int i = 0; i < 8; i++) {
            Sequence child = new Sequence(sharing(1, 12, 100 + i, 2), 20);
            child.readLogitsFrom(12);
            scheduler.fork(parent, child);
        }
        scheduler.remove(parent);
        List<Sequence> computed = new ArrayList<>();
        while (scheduler.hasWork()) {
            for (Chunk chunk : step(scheduler)) {
                if (chunk.last()) {
                    computed.add(chunk.sequence());
                    scheduler.remove(chunk.sequence());
                }
            }
        }
        assertEquals(8, computed.size());
        assertEquals(0, scheduler.reusedTokens());
    }

    @Test
    void othersFillTheStepThatADeferredPromptWaitsFor() {
        Scheduler scheduler = new Scheduler(new BlockPool(1000, BLOCK, true), 100, 256);
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            // Three groups in turns, 20 tokens of each shared.
            sequences.add(new Sequence(sharing(i % 3, 20, 100 + i, 10), 60));
            scheduler.add(sequences.get(i));
        }
        sequences.add(new Sequence(tokens(200, 30), 60));
        scheduler.add(sequences.get(9));
        List<Chunk> chunks = step(scheduler);
        assertEquals(
                List.of(
                        new Chunk(sequences.get(0), 0, 30, true),
                        new Chunk(sequences.get(1), 0, 30, true),
                        new Chunk(sequences.get(2), 0, 30, true),
                        new Chunk(sequences.get(9), 0, 10, false)),
                chunks);
        chunks = step(scheduler);
        // Those that let others go first have kept their order.
        List<Chunk> expected = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            expected.add(new Chunk(sequences.get(i), 30, 1, true));
        }
        expected.add(new Chunk(sequences.get(9), 10, 20, true));
        for (int i = 3; i < 9; i++) {
            expected.add(new Chunk(sequences.get(i), 20, 10, true));
        }
        assertEquals(expected, chunks);
    }

    @Test
    void whatARemovedPromptHadComputedIsNotLost() {
        Scheduler scheduler = new Scheduler(new BlockPool(100, BLOCK, true), 10, 8);
        Sequence first = new Sequence(sharing(1, 24, 2, 4), 40);
        Sequence second = new Sequence(sharing(1, 24, 3, 4), 40);
        scheduler.add(first);
        scheduler.add(second);
        assertEquals(List.of(new Chunk(first, 0, 10, false)), step(scheduler));
        scheduler.remove(first);
        // Two full blocks are there; the tokens of the third, which is not full, are computed again.
        assertEquals(List.of(new Chunk(second, 8, 10, false)), step(scheduler));
    }

    @Test
    void aPromptWaitsForABlockOnlyOnce() {
        Sequence sequence = new Sequence(tokens(1, 30), 40);
        assertTrue(sequence.defer());
        assertFalse(sequence.defer());
        sequence.published(1);
        assertTrue(sequence.defer());
        sequence.reset();
        assertFalse(sequence.defer(), "it had been further before its blocks were taken away");
    }

    @Test
    void withoutThePrefixCacheNothingWaits() {
        Scheduler scheduler = new Scheduler(new BlockPool(100, BLOCK, false), 100, 8);
        for (int i = 0; i < 3; i++) {
            scheduler.add(new Sequence(tokens(1, 30), 40));
        }
        assertEquals(90, tokens(step(scheduler)));
    }

    /** Arrivals at any time: as long as anything waits and there is memory, no place and no token of a step stays free. */
    @ParameterizedTest
    @CsvSource({"64,8", "32,32", "7,3"})
    void everyStepIsFullWhileAnythingWaits(int batchTokens, int places) {
        Random random = new Random(batchTokens);
        Scheduler scheduler = new Scheduler(new BlockPool(10_000, BLOCK, true), batchTokens, places);
        Set<Sequence> unfinished = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            // Now and then a prompt of many steps; the short ones behind it share its last one.
            int prompt = i % 10 == 0 ? 5 * batchTokens + 1 : 1 + random.nextInt(20);
            Sequence sequence = new Sequence(tokens(1000 + i, prompt), prompt + 1 + random.nextInt(12));
            scheduler.add(sequence);
            unfinished.add(sequence);
            if (i % 3 == 0) {
                stepOfFullUse(scheduler, unfinished, batchTokens, places);
            }
        }
        while (!unfinished.isEmpty()) {
            stepOfFullUse(scheduler, unfinished, batchTokens, places);
        }
    }

    private static void stepOfFullUse(Scheduler scheduler, Set<Sequence> unfinished, int batchTokens, int places) {
        List<Chunk> chunks = step(scheduler);
        boolean full = tokens(chunks) == batchTokens || chunks.size() == places;
        assertTrue(full || chunks.size() == unfinished.size(), () -> "idle: " + chunks);
        for (Chunk chunk : chunks) {
            if (chunk.sequence().isFull()) {
                scheduler.remove(chunk.sequence());
                unfinished.remove(chunk.sequence());
            }
        }
    }

    /** Schedules and computes a step, and appends a token where one can be sampled. */
    private static List<Chunk> step(Scheduler scheduler) {
        List<Chunk> chunks = scheduler.schedule();
        scheduler.completed(chunks);
        for (Chunk chunk : chunks) {
            if (chunk.last()) {
                chunk.sequence().append(7);
            }
        }
        return chunks;
    }

    private static int tokens(List<Chunk> chunks) {
        return chunks.stream().mapToInt(Chunk::count).sum();
    }

    /** A prompt of {@code shared} tokens that depend on the group alone and some of its own. */
    private static int[] sharing(int group, int shared, int seed, int own) {
        int[] result = Arrays.copyOf(tokens(group, shared), shared + own);
        System.arraycopy(tokens(seed, own), 0, result, shared, own);
        return result;
    }

    @Test
    void promptsThatShareLessThanABlockShareIt() {
        BlockPool pool = new BlockPool(100, 16, true);
        Scheduler scheduler = new Scheduler(pool, 64, 8);
        Sequence first = new Sequence(sharing(1, 11, 5, 15), 40);
        scheduler.add(first);
        scheduler.completed(scheduler.schedule());
        Sequence second = new Sequence(sharing(1, 11, 6, 15), 40);
        scheduler.add(second);
        List<Chunk> chunks = scheduler.schedule();
        assertTrue(chunks.contains(new Chunk(second, 11, 15, true)), chunks.toString());
        assertEquals(11, scheduler.reusedTokens());
        assertEquals(List.of(new BlockCopy(first.blockTable()[0], second.blockTable()[0])), scheduler.takeCopies());
        Sequence apart = new Sequence(tokens(9, 20), 40);
        scheduler.add(apart);
        scheduler.completed(chunks);
        assertTrue(scheduler.schedule().contains(new Chunk(apart, 0, 20, true)));
    }

    @Test
    void aForkSharesFullBlocksAndCopiesTheLast() {
        for (boolean prefixCache : new boolean[] {true, false}) {
            BlockPool pool = new BlockPool(10, BLOCK, prefixCache);
            Scheduler scheduler = new Scheduler(pool, 64, 1);
            Sequence parent = new Sequence(tokens(1, 10), 10);
            scheduler.add(parent);
            scheduler.completed(scheduler.schedule());
            Sequence child = new Sequence(sharing(1, 10, 2, 3), 13);
            Sequence late = new Sequence(sharing(1, 10, 3, 3), 13);
            child.readLogitsFrom(10);
            late.readLogitsFrom(10);
            scheduler.fork(parent, child);
            scheduler.fork(parent, late);
            assertEquals(List.of(new BlockCopy(parent.blockTable()[2], child.blockTable()[2])), scheduler.takeCopies());
            scheduler.remove(parent);
            List<Chunk> chunks = scheduler.schedule();
            // One position's logits fit a step, and one sequence.
            assertEquals(List.of(new Chunk(child, 10, 1, false)), chunks);
            assertEquals(1, chunks.get(0).outputs());
            for (int position = 11; position < 13; position++) {
                scheduler.completed(chunks);
                chunks = scheduler.schedule();
                assertEquals(List.of(new Chunk(child, position, 1, position == 12)), chunks);
            }
            scheduler.completed(chunks);
            scheduler.remove(child);
            chunks = scheduler.schedule();
            // Without the cache it computes its beginning first.
            assertEquals(List.of(new Chunk(late, prefixCache ? 10 : 0, prefixCache ? 1 : 11, false)), chunks);
            scheduler.remove(late);
            assertEquals(10, pool.free());
        }
    }

    @Test
    void positionsWhoseLogitsAreWantedAreComputedThoughTheyAreKnown() {
        BlockPool pool = new BlockPool(20, BLOCK, true);
        Scheduler scheduler = new Scheduler(pool, 64, 4);
        Sequence first = new Sequence(tokens(1, 12), 12);
        scheduler.add(first);
        scheduler.completed(scheduler.schedule());
        scheduler.remove(first);
        Sequence second = new Sequence(tokens(1, 12), 12);
        second.readLogitsFrom(6);
        scheduler.add(second);
        List<Chunk> chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(second, 6, 4, false)), chunks);
        assertEquals(4, chunks.get(0).outputs());
        scheduler.completed(chunks);
        assertEquals(List.of(new Chunk(second, 10, 2, true)), scheduler.schedule());
    }

    @Test
    void statesTakeNothingOfTheRoomForLogits() {
        Scheduler scheduler = new Scheduler(new BlockPool(20, BLOCK, true), 64, 2);
        Sequence embedded = new Sequence(tokens(1, 12), 12);
        embedded.readStatesFrom(0);
        Sequence completed = new Sequence(tokens(2, 6), 20);
        completed.readLogitsFrom(3);
        scheduler.add(embedded);
        scheduler.add(completed);
        List<Chunk> chunks = scheduler.schedule();
        assertEquals(List.of(new Chunk(embedded, 0, 12, true), new Chunk(completed, 0, 5, false)), chunks);
        assertEquals(12, chunks.get(0).outputs());
        assertEquals(2, chunks.get(1).outputs());
    }

    /**
     * Random work on a pool that is too small: every request ends, no block is held by two sequences that do not share
     * their beginning, none is lost, and the cache never hands out a block whose content differs.
     */
    @ParameterizedTest
    @CsvSource({"8,6,3,true", "8,6,3,false", "16,32,8,true", "12,5,5,true", "7,64,16,true", "7,64,16,false"})
    void everyRequestEndsHoweverSmallThePool(int blocks, int batchTokens, int sequences, boolean prefixCache) {
        Random random = new Random(blocks * 31L + batchTokens);
        BlockPool pool = new BlockPool(blocks, BLOCK, prefixCache);
        Scheduler scheduler = new Scheduler(pool, batchTokens, sequences);
        Map<Integer, List<Integer>> stored = new HashMap<>();
        Map<Sequence, Integer> wanted = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            int prompt = 1 + random.nextInt(scheduler.maximumLength() - 1);
            int total = prompt + 1 + random.nextInt(scheduler.maximumLength() - prompt);
            Sequence sequence = new Sequence(tokens(random.nextInt(3), prompt), total);
            wanted.put(sequence, total);
            scheduler.add(sequence);
        }
        int steps = 0;
        while (scheduler.hasWork()) {
            assertTrue(++steps < 100_000, "no progress");
            List<Chunk> chunks = scheduler.schedule();
            assertFalse(chunks.isEmpty());
            assertTrue(chunks.stream().mapToInt(Chunk::count).sum() <= batchTokens);
            assertTrue(chunks.stream().mapToInt(Chunk::outputs).sum() <= sequences);
            for (BlockCopy copy : scheduler.takeCopies()) {
                stored.put(copy.to(), new ArrayList<>(stored.get(copy.from())));
            }
            Set<String> written = new HashSet<>();
            for (Chunk chunk : chunks) {
                simulate(chunk, stored, written);
            }
            scheduler.completed(chunks);
            for (Chunk chunk : chunks) {
                if (chunk.last()) {
                    if (chunk.sequence().isFull()) {
                        scheduler.remove(chunk.sequence());
                        wanted.remove(chunk.sequence());
                        continue;
                    }
                    chunk.sequence().append(100 + random.nextInt(2));
                    if (random.nextInt(8) == 0 && chunk.sequence().room() > 0) {
                        fork(scheduler, chunk.sequence(), wanted);
                    }
                }
            }
        }
        assertTrue(wanted.isEmpty());
        assertEquals(blocks, pool.free());
    }

    /** Two sequences go on from where this one was computed. */
    private static void fork(Scheduler scheduler, Sequence parent, Map<Sequence, Integer> wanted) {
        for (int next = 1; next <= 2; next++) {
            int[] tokens = Arrays.copyOf(parent.lastTokens(parent.length()), parent.computed() + 1);
            tokens[parent.computed()] = 500 + next;
            Sequence child = new Sequence(tokens, tokens.length);
            child.readLogitsFrom(parent.computed());
            wanted.put(child, tokens.length);
            scheduler.fork(parent, child);
        }
        scheduler.remove(parent);
        wanted.remove(parent);
    }

    /** Writes the chunk's tokens to its blocks and checks that the blocks hold all that came before. */
    private static void simulate(Chunk chunk, Map<Integer, List<Integer>> stored, Set<String> written) {
        Sequence sequence = chunk.sequence();
        assertEquals(sequence.computed(), chunk.start());
        for (int position = chunk.start(); position < chunk.start() + chunk.count(); position++) {
            int block = sequence.blockTable()[position / BLOCK];
            assertTrue(written.add(block + "/" + position % BLOCK), "a slot is written twice in a step");
            List<Integer> content = stored.computeIfAbsent(block, b -> new ArrayList<>(List.of(-1, -1, -1, -1)));
            content.set(position % BLOCK, sequence.token(position));
        }
        for (int position = 0; position < chunk.start() + chunk.count(); position++) {
            int block = sequence.blockTable()[position / BLOCK];
            assertEquals(sequence.token(position), stored.get(block).get(position % BLOCK), "position " + position);
        }
    }

    private static int[] tokens(int seed, int count) {
        int[] result = new int[count];
        Arrays.setAll(result, i -> seed * 1000 + i);
        return result;
    }
}
