import java.nio.charset.StandardCharsets;

import org.infinispan.commons.dataconversion.MediaType;
import org.infinispan.commons.io.ByteBuffer;
import org.infinispan.commons.io.ByteBufferImpl;
import org.infinispan.commons.marshall.AbstractMarshaller;

/** Strings as protostream's WrappedMessage (field 9), without needing protostream: clients before 10 have none. */
public final class WrappedStringMarshaller extends AbstractMarshaller {
   private static final int TAG = 9 << 3 | 2;

   @Override
   protected ByteBuffer objectToBuffer(Object o, int estimatedSize) {
      byte[] text = ((String) o).getBytes(StandardCharsets.UTF_8);
      byte[] out = new byte[text.length + 6];
      int at = 0;
      out[at++] = TAG;
      int rest = text.length;
      for (; rest >= 0x80; rest >>>= 7) {
         out[at++] = (byte) (rest | 0x80);
      }
      out[at++] = (byte) rest;
      System.arraycopy(text, 0, out, at, text.length);
      return buffer(java.util.Arrays.copyOf(out, at + text.length));
   }

   private static ByteBuffer buffer(byte[] bytes) {
      try {
         return (ByteBuffer) ByteBufferImpl.class.getMethod("create", byte[].class).invoke(null, (Object) bytes);
      } catch (ReflectiveOperationException older) {
         try {
            return (ByteBuffer) ByteBufferImpl.class.getConstructor(byte[].class).newInstance((Object) bytes);
         } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
         }
      }
   }

   @Override
   public Object objectFromByteBuffer(byte[] buf, int offset, int length) {
      int at = offset + 1;
      while ((buf[at++] & 0x80) != 0) {
         continue;
      }
      return new String(buf, at, offset + length - at, StandardCharsets.UTF_8);
   }

   @Override
   public boolean isMarshallable(Object o) {
      return o instanceof String;
   }

   @Override
   public MediaType mediaType() {
      return MediaType.APPLICATION_PROTOSTREAM;
   }
}
