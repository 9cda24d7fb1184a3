package org.selvedge.compliance;

import java.util.Iterator;
import org.hyperledger.fabric.shim.ledger.KeyModification;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.hyperledger.fabric.shim.ledger.QueryResultsIterator;
import org.hyperledger.fabric.shim.ledger.QueryResultsIteratorWithMetadata;
import org.json.JSONArray;
import org.json.JSONObject;

/** What queries yield, as JSON. */
final class Queries {
    private Queries() {
    }

    static JSONArray row(final KeyValue entry) {
        return new JSONArray().put(entry.getKey()).put(entry.getStringValue());
    }

    static JSONArray version(final KeyModification entry) {
        return new JSONArray().put(Arguments.text(entry.getValue())).put(entry.isDeleted()).put(entry.getTxId());
    }

    static JSONArray rows(final QueryResultsIterator<KeyValue> query) throws Exception {
        try (query) {
            final JSONArray found = new JSONArray();
            query.forEach(entry -> found.put(row(entry)));
            return found;
        }
    }

    static JSONObject page(final QueryResultsIteratorWithMetadata<KeyValue> query) throws Exception {
        try (query) {
            final JSONArray found = new JSONArray();
            query.forEach(entry -> found.put(row(entry)));
            return new JSONObject().put("rows", found).put("count", query.getMetadata().getFetchedRecordsCount()).put("bookmark", query.getMetadata().getBookmark());
        }
    }

    static JSONArray versions(final QueryResultsIterator<KeyModification> query) throws Exception {
        try (query) {
            final JSONArray found = new JSONArray();
            query.forEach(entry -> found.put(version(entry)));
            return found;
        }
    }

    /** Asks so many times, whether or not there is another. */
    static JSONObject nthNext(final QueryResultsIterator<KeyValue> query, final int count) {
        final Iterator<KeyValue> iterator = query.iterator();
        KeyValue last = null;
        for (int index = 0; index < count; index++) {
            last = iterator.next();
        }
        return new JSONObject().put("value", row(last)).put("done", false);
    }

    static JSONArray nextAfterClose(final QueryResultsIterator<KeyValue> query, final int count) throws Exception {
        final Iterator<KeyValue> iterator = query.iterator();
        for (int index = 0; index < count; index++) {
            iterator.next();
        }
        query.close();
        return row(iterator.next());
    }

    static JSONArray firstVersion(final QueryResultsIterator<KeyModification> query) throws Exception {
        final JSONArray first = version(query.iterator().next());
        query.close();
        return first;
    }

    static <T> JSONArray hasNext(final QueryResultsIterator<T> query) throws Exception {
        try (query) {
            final Iterator<T> iterator = query.iterator();
            final boolean before = iterator.hasNext();
            iterator.next();
            return new JSONArray().put(before).put(iterator.hasNext());
        }
    }
}
