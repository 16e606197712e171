import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/** Caffeine's hit ratio: CaffeineHits SIZE... reads 64-bit little-endian keys from standard input, prints "SIZE PERCENT" for each. */
public final class CaffeineHits {
  public static void main(String[] args) throws Exception {
    LongBuffer trace = ByteBuffer.wrap(System.in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    for (String size : args) {
      Cache<Long, Boolean> cache = Caffeine.newBuilder().maximumSize(Long.parseLong(size)).executor(Runnable::run).build();
      long hits = 0;
      for (int i = 0; i < trace.limit(); i++) {
        Long key = trace.get(i);
        if (cache.getIfPresent(key) != null) {
          hits++;
        } else {
          cache.put(key, Boolean.TRUE);
        }
      }
      System.out.printf("%s %.2f%n", size, 100.0 * hits / trace.limit());
    }
  }
}
